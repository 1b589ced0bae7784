#pragma once

#include "core/config/options.hpp"

// What serve says about itself on stderr, as its options want it.
namespace vela::cmd {

// Once, at start, before any thread is made.
void set_up_own_log(const config::ServeOptions& options);
// At any time.
void set_own_log_level(const config::ServeOptions& options);

}  // namespace vela::cmd
