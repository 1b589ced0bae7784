#pragma once

#include "core/config/options.hpp"

namespace vela::cmd {

// `vela-logs tail`: returns the exit code.
[[nodiscard]] int tail(const config::TailOptions& options);

}  // namespace vela::cmd
