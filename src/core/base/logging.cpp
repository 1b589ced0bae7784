#include "core/base/logging.hpp"

#include <memory>

#include <spdlog/sinks/stdout_sinks.h>

namespace vela::base {

void set_up_logging(LogStyle style, spdlog::level::level_enum level) {
  auto logger =
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (style == LogStyle::server) {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  } else {
    logger->set_pattern("vela-logs: %v");
  }
  logger->set_level(level);
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace vela::base
