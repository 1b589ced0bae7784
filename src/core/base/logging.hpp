#pragma once

#include <string_view>

#include <spdlog/spdlog.h>

namespace vela::base {

// The program's own messages go to stderr, one line each, synchronously: "2026-01-02T03:04:05.678Z
// warning text" for a server, "vela-logs: text" for a command that a person runs.
enum class LogStyle { server, command };

// Sets spdlog's default logger up; call once, at start, before any thread is made.
// `level`: spdlog's names: trace, debug, info, warning, error, off.
void set_up_logging(LogStyle style, spdlog::level::level_enum level);

}  // namespace vela::base
