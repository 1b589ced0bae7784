#pragma once

#include "core/config/options.hpp"

namespace vela::cmd {

// `serve --retention-dry-run`: prints what retention would delete now, a line for each log. The exit
// code.
[[nodiscard]] int print_retention(const config::ServeOptions& options);

}  // namespace vela::cmd
