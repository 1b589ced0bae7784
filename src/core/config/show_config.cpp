#include "core/config/show_config.hpp"

#include <algorithm>

#include "core/config/option_table.hpp"
#include "core/config/toml_text.hpp"

namespace vela::config {
namespace {

// Where the comment with the origin begins, unless the value is longer.
constexpr std::size_t kOriginColumn = 44;

std::string line_of(const Setting& setting) {
  const OptionRow& row = *setting.row;
  const std::string name(split_key(row.key).name);
  std::string line;
  if (row.is_secret && !setting.values.empty()) {
    line = "#" + name + " = (hidden)";
  } else if (setting.values.empty()) {
    line = "#" + name + " is not set";
  } else {
    line = name + " = " + toml_value(row, setting.values);
  }
  line.resize(std::max(line.size() + 1, kOriginColumn), ' ');
  return line + "# " + setting.origin + "\n";
}

}  // namespace

std::string show_config(std::span<const Setting> settings) {
  std::string text;
  for (const Setting& setting : settings)
    if (setting.row->flag == "--config" && !setting.values.empty())
      text = "# read from " + setting.values.back() + ", which " + setting.origin + " names\n\n";
  std::string_view section;
  for (const Setting& setting : settings) {
    if (setting.row->key.empty()) continue;
    const std::string_view next = split_key(setting.row->key).section;
    if (next != section) text += "\n[" + std::string(next) + "]\n";
    section = next;
    text += line_of(setting);
  }
  return text;
}

}  // namespace vela::config
