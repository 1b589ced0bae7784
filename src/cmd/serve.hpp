#pragma once

#include "core/config/reload.hpp"

namespace vela::cmd {

// Runs the server until SIGTERM or SIGINT; at SIGHUP it reads `source` again, from which `options`
// came. Returns the exit code.
[[nodiscard]] int serve(const config::ServeOptions& options, const config::Source& source);

}  // namespace vela::cmd
