#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/config/option_table.hpp"

// The configuration file, TOML 1.0 read by toml++.
namespace vela::config {

struct FileValue {
  const OptionRow* row = nullptr;
  std::vector<std::string> values;  // as they would stand on the command line
  std::string where;                // "FILE:3:10: key"
};

struct FileContent {
  std::vector<FileValue> values;
  std::vector<std::string> faults;  // one a line, each beginning with FILE:LINE:COLUMN
};

// Reads the values of `rows` that have a key. A file that can't be read or understood is a fault.
[[nodiscard]] FileContent read_config_file(const std::string& path,
                                           std::span<const OptionRow* const> rows);

// The same for text that came from `path`.
[[nodiscard]] FileContent read_config_text(std::string_view text, const std::string& path,
                                           std::span<const OptionRow* const> rows);

}  // namespace vela::config
