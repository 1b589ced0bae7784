#pragma once

#include <span>
#include <string>

#include "core/config/options.hpp"

namespace vela::config {

// `settings` as a configuration file that sets what is in effect, each value followed by a comment
// that says where it comes from. A secret is "(hidden)"; it, what is not set and what has no key are
// comments. Limits: the keys of a section stand together in the option table.
[[nodiscard]] std::string show_config(std::span<const Setting> settings);

}  // namespace vela::config
