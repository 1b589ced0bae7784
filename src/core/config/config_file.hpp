#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/config/option_table.hpp"

// The configuration file, TOML 1.0 read by toml++.
namespace vela::config {

// A key of the file: its value, or what is wrong with it.
struct FileEntry {
  const OptionRow* row = nullptr;
  std::vector<std::string> values;  // as they would stand on the command line
  std::string where;                // "FILE:3:10"
  std::string fault;  // "" for a value; else one line that begins with FILE:LINE:COLUMN
};

// Reads the values of `rows` that have a key, in the order of the file. A file that can't be read or
// understood is one fault.
[[nodiscard]] std::vector<FileEntry> read_config_file(const std::string& path,
                                                      std::span<const OptionRow> rows);

// The same for text that came from `path`.
[[nodiscard]] std::vector<FileEntry> read_config_text(std::string_view text,
                                                      const std::string& path,
                                                      std::span<const OptionRow> rows);

}  // namespace vela::config
