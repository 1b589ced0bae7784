#pragma once

#include <string>

#include <CLI/App.hpp>

#include "core/config/option_table.hpp"

// What --help and --help-all say.
namespace vela::config {

// Which options a help shows: --help the ones that have a brief line, so that it fits a screen of 24
// lines of 80 columns; --help-all every one with its default and variables.
enum class HelpExtent { brief, all };

// The names of an option as CLI11 takes them: "-n", "-v,--verbose", "LOG".
[[nodiscard]] std::string names_of(const OptionRow& row);

// The help of `app`, whose options were made from the rows of `command` under `names_of`.
[[nodiscard]] std::string command_help(CLI::App& app, const CommandRow& command, HelpExtent extent);

// The help of the program as a whole.
[[nodiscard]] std::string program_help();

}  // namespace vela::config
