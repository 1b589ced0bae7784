#pragma once

#include "core/config/options.hpp"

namespace vela::cmd {

// `vela-logs run-step`: the exit code. Call once, before any other thread exists.
[[nodiscard]] int run_step(const config::RunStepOptions& options);

}  // namespace vela::cmd
