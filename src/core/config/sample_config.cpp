#include "core/config/sample_config.hpp"

#include <vector>

#include "core/base/quantity.hpp"
#include "core/config/option_table.hpp"
#include "core/config/option_words.hpp"
#include "core/config/toml_text.hpp"

namespace vela::config {
namespace {

constexpr std::size_t kColumns = 100;

constexpr std::string_view kPreface =
    "The configuration of `vela-logs serve`, read with --config FILE. A line that begins with \"#\" "
    "and a name shows a key, with its default if it has one: take the \"#\" away to change it. Flags "
    "and VELA_LOGS_… variables win over this file; `vela-logs serve --config FILE --check-config` "
    "says whether it is good, `--show-config` what is in effect. After a change, restart serve, or "
    "send it SIGHUP for the keys that say so.";

// `text` as lines that begin with "# ".
std::string comment(std::string_view text) {
  std::string lines;
  std::string line = "#";
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (line.size() + 1 + word.size() > kColumns) {
      lines += line + "\n";
      line = "#";
    }
    line.append(" ").append(word);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  return lines + line + "\n";
}

std::string describe(const OptionRow& row) {
  std::string text(row.help);
  text += ".";
  if (const auto choices = choices_of(row); !choices.empty())
    text += " One of " + list_words(choices) + ".";
  if (row.kind == ValueKind::many) text += " Text or an array of texts.";
  if (row.most != row.least)
    text += " From " + base::format_duration(row.least) + " to " + base::format_duration(row.most) +
            ".";
  if (row.fallback.empty()) text += " Not set by default.";
  text += " Variable: " + std::string(row.environment) + ".";
  if (row.is_reloadable) text += " SIGHUP applies a change.";
  return text;
}

}  // namespace

std::string sample_config() {
  std::string text = comment(kPreface);
  std::string_view section;
  for (const OptionRow& row : rows_of(Command::serve)) {
    if (row.key.empty()) continue;
    const KeyParts key = split_key(row.key);
    if (key.section != section) text += "\n[" + std::string(key.section) + "]";
    section = key.section;
    const std::vector<std::string> values{
        std::string(row.fallback.empty() ? row.example : row.fallback)};
    text += "\n" + comment(describe(row));
    text += "#" + std::string(key.name) + " = " + toml_value(row, values) + "\n";
  }
  return text;
}

}  // namespace vela::config
