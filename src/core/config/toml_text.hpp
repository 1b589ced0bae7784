#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/config/option_table.hpp"

// How options are written in a configuration file.
namespace vela::config {

// `values` of a row as TOML: "\"1s\"", "true", "[ \"a\", \"b\" ]".
[[nodiscard]] std::string toml_value(const OptionRow& row, std::span<const std::string> values);

// "retention" and "max_age" of "retention.max_age"; no section when the key has no dot.
struct KeyParts {
  std::string_view section;
  std::string_view name;
};
[[nodiscard]] KeyParts split_key(std::string_view key);

}  // namespace vela::config
