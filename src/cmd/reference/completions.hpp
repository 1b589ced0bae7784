#pragma once

#include <string>

// The words that the shells complete, from the option table. What is done with them stands in the
// templates, packaging/common/completions.
namespace vela::cmd {

// Branches of a `case COMMAND in`: prints the command's flags.
[[nodiscard]] std::string bash_options();

// Branches of a `case COMMAND:FLAG in`: prints the words that may follow the flag, or @file, @dir,
// or @any for what nobody can know. A flag without a value has no branch.
[[nodiscard]] std::string bash_values();

// A list of the commands, one word each.
[[nodiscard]] std::string bash_commands();

// Elements of an array: 'command:summary'.
[[nodiscard]] std::string zsh_commands();

// Branches of a `case COMMAND in`: sets the array `specs` as _arguments takes it.
[[nodiscard]] std::string zsh_options();

// Calls of `complete` for commands and flags.
[[nodiscard]] std::string fish_completions();

}  // namespace vela::cmd
