#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <spdlog/common.h>

#include "core/base/clock.hpp"

// How one message of the program's own is written, whatever writes it.
namespace vela::base {

enum class LogStyle : std::uint8_t {
  text,      // 2026-01-02T03:04:05.678Z warning text name=value
  json,      // {"ts":"2026-01-02T03:04:05.678Z","level":"warning","msg":"text","name":"value"}
  journald,  // <4>text name=value: the journal has its own times, and reads the priority off
  command,   // vela-logs: text, for a person who runs a command
};

// A fact beside a message. Lifetime: views, for the call that they are given to.
struct LogField {
  std::string_view name;  // letters, digits and '_'
  std::variant<std::string_view, std::int64_t> value;
};

struct LogLine {
  WallTime time;
  spdlog::level::level_enum level = spdlog::level::info;
  std::string_view text;
  std::span<const LogField> fields;
};

// The message as one line, without the line feed. Whatever the texts hold, a line stays a line:
// control characters are escaped, and in JSON what is not UTF-8 becomes U+FFFD. Only `command`
// leaves the text as it is.
[[nodiscard]] std::string format_log_line(LogStyle style, const LogLine& line);

}  // namespace vela::base
