#pragma once

#include <string>

#include "core/config/option_table.hpp"

// What the manual pages say about options, from the option table; in scdoc(5).
namespace vela::cmd {

// A definition list: each flag of the command with its value, help, default and variables.
[[nodiscard]] std::string manual_options(config::Command command);

// A definition list: each key of the configuration file with its type, help, default and flag.
[[nodiscard]] std::string manual_keys();

}  // namespace vela::cmd
