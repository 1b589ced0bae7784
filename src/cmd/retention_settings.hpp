#pragma once

#include "core/config/options.hpp"
#include "core/hub/retention_plan.hpp"

namespace vela::cmd {

inline hub::RetentionSettings retention_of(const config::ServeOptions& options) {
  hub::RetentionSettings settings;
  settings.max_age = options.retention_max_age;
  settings.max_bytes = options.retention_max_bytes;
  settings.max_builds_per_repo = options.retention_max_builds;
  settings.exempt = options.retention_exempt;
  settings.interval = options.retention_interval;
  return settings;
}

}  // namespace vela::cmd
