#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/option_table.hpp"

// The command line of one command, read and explained by CLI11.
namespace vela::config {

struct Flags {
  std::map<const OptionRow*, std::vector<std::string>> given;
  std::vector<std::string> faults;  // one a line, each naming its flag
  std::optional<std::string> help;  // --help or --help-all was given: this is it
};

// `words` end before the first "--"; `operands` are what follows it, for a command with
// positionals.
[[nodiscard]] Flags parse_flags(Command command, const std::vector<std::string>& words,
                                const std::vector<std::string>& operands);

}  // namespace vela::config
