#include "cmd/reference/manual.hpp"

#include <string_view>

#include "core/config/option_words.hpp"

namespace vela::cmd {
namespace {

using config::OptionRow;
using config::ValueKind;

// What scdoc would take for formatting stands for itself behind a backslash.
std::string plain(std::string_view text) {
  constexpr std::string_view kSpecial = "\\*_`#~[]|<>+";
  std::string escaped;
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string bold(std::string_view text) { return "*" + plain(text) + "*"; }

// A value's name is emphasised, a choice of words stands as it is typed.
std::string value_of(const OptionRow& row) {
  if (!config::choices_of(row).empty()) return bold(row.value);
  return "_" + plain(row.value) + "_";
}

// "Read it from here." of "Read it from here".
std::string sentence(std::string_view help) {
  std::string text = plain(help);
  if (!text.empty() && !text.ends_with('.')) text += '.';
  return text;
}

void add_default(std::string& text, const OptionRow& row) {
  if (!row.fallback.empty()) text += " The default is " + bold(row.fallback) + ".";
}

void add_variables(std::string& text, const OptionRow& row) {
  const auto variables = config::variables_of(row);
  if (variables.empty()) return;
  text += variables.size() == 1 ? " Variable: " : " Variables, the first that is set counts: ";
  for (std::size_t i = 0; i < variables.size(); ++i)
    text += (i == 0 ? "" : ", ") + bold(variables[i]);
  text += ".";
}

std::string entry(const std::string& head, const std::string& body) {
  return head + "\n\t" + body + "\n\n";
}

}  // namespace

std::string manual_options(config::Command command) {
  std::string list;
  for (const OptionRow& row : config::rows_of(command)) {
    if (row.flag.empty()) continue;
    const bool is_positional = row.kind == ValueKind::positional;
    std::string head = is_positional ? "_" + plain(row.flag) + "_" : bold(row.flag);
    if (!row.short_flag.empty()) head = bold(row.short_flag) + ", " + head;
    if (row.kind == ValueKind::one || row.kind == ValueKind::many) head += " " + value_of(row);
    std::string body = sentence(row.help);
    add_default(body, row);
    add_variables(body, row);
    list += entry(head, body);
  }
  list += entry(bold("-h") + ", " + bold("--help"), "Print the options most used and exit.");
  list += entry(bold("--help-all"), "Print all options and exit.");
  return list + entry(bold("--version"), "Print the version and exit.");
}

std::string manual_keys() {
  std::string list;
  for (const OptionRow& row : config::rows_of(config::Command::serve)) {
    if (row.key.empty()) continue;
    std::string head = bold(row.key) + " = ";
    if (row.kind == ValueKind::flag) {
      head += "*true* | *false*";
    } else {
      head += "\"" + value_of(row) + "\"";
      if (row.kind == ValueKind::many) head += " or an array of such texts";
    }
    std::string body = sentence(row.help);
    add_default(body, row);
    if (!row.example.empty() && row.example != row.fallback)
      body += " Example: " + bold(row.example) + ".";
    if (!row.flag.empty()) body += " Flag: " + bold(row.flag) + ".";
    add_variables(body, row);
    if (row.is_reloadable) body += " SIGHUP applies a change.";
    list += entry(head, body);
  }
  return list;
}

}  // namespace vela::cmd
