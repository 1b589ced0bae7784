#include "cmd/own_log.hpp"

#include <unistd.h>

#include <cstdlib>

#include "core/base/logging.hpp"

namespace vela::cmd {
namespace {

base::LogStyle style_of(config::LogFormat format) {
  switch (format) {
    case config::LogFormat::json:
      return base::LogStyle::json;
    case config::LogFormat::journald:
      return base::LogStyle::journald;
    case config::LogFormat::automatic:
      if (base::is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM")))
        return base::LogStyle::journald;
      break;
    case config::LogFormat::text:
      break;
  }
  return base::LogStyle::text;
}

spdlog::level::level_enum level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::trace:
      return spdlog::level::trace;
    case config::LogLevel::debug:
      return spdlog::level::debug;
    case config::LogLevel::info:
      return spdlog::level::info;
    case config::LogLevel::warning:
      return spdlog::level::warn;
    case config::LogLevel::error:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void set_up_own_log(const config::ServeOptions& options) {
  base::set_up_logging(style_of(options.log_format), level_of(options.log_level));
}

void set_own_log_level(const config::ServeOptions& options) {
  spdlog::set_level(level_of(options.log_level));
}

}  // namespace vela::cmd
