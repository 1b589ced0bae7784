#pragma once

#include "core/config/options.hpp"

namespace vela::cmd {

// `serve --backup-to FILE`: copies the store and returns the exit code.
[[nodiscard]] int back_up(const config::ServeOptions& options);

}  // namespace vela::cmd
