#pragma once

#include <initializer_list>
#include <string_view>

#include <spdlog/spdlog.h>

#include "core/base/log_line.hpp"

namespace vela::base {

// The program's own messages go to stderr, one line each, synchronously; log_line.hpp says how they
// look.

// Sets spdlog's default logger up; call once, at start, before any thread is made.
// `level`: spdlog's names: trace, debug, info, warning, error, off.
void set_up_logging(LogStyle style, spdlog::level::level_enum level);

// Whether `fd` is the journal's own socket, as $JOURNAL_STREAM (`journal_stream`, may be null) has
// it: "DEVICE:INODE". A redirection to elsewhere changes the descriptor and not the variable.
[[nodiscard]] bool is_journal(int fd, const char* journal_stream);

// A message with facts beside it. Costs a comparison when `level` is not logged, but for making the
// fields: ask spdlog::should_log() before making dear ones.
void log_fields(spdlog::level::level_enum level, std::string_view text,
                std::initializer_list<LogField> fields);

}  // namespace vela::base
