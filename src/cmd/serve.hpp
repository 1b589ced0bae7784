#pragma once

#include "core/config/options.hpp"

namespace vela::cmd {

// Runs the server until SIGTERM or SIGINT. Returns the exit code.
[[nodiscard]] int serve(const config::ServeOptions& options);

}  // namespace vela::cmd
