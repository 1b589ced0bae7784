#include "cmd/reference/completions.hpp"

#include <string_view>
#include <vector>

#include "core/config/option_table.hpp"
#include "core/config/option_words.hpp"

namespace vela::cmd {
namespace {

using config::CommandRow;
using config::OptionRow;
using config::ValueKind;

constexpr std::string_view kHelp = "Print the options most used and exit";
constexpr std::string_view kHelpAll = "Print all options and exit";

bool has_value(const OptionRow& row) {
  return row.kind == ValueKind::one || row.kind == ValueKind::many;
}

// The rows that begin with a dash.
std::vector<const OptionRow*> flags_of(const CommandRow& command) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : config::rows_of(command.command))
    if (row.flag.starts_with('-')) rows.push_back(&row);
  return rows;
}

std::string join(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) (text += text.empty() ? "" : " ") += word;
  return text;
}

// 'text' as a word of all three shells. `closed`: characters that need a backslash inside.
std::string quote(std::string_view text, std::string_view closed = {}) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
      continue;
    }
    if (closed.find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// A menu has room for what comes first.
std::string_view short_help(const OptionRow& row) {
  return row.help.substr(0, row.help.find("; "));
}

std::string bash_value(const OptionRow& row) {
  if (const auto choices = config::choices_of(row); !choices.empty()) return join(choices);
  if (row.value == "FILE") return "@file";
  return row.value == "DIR" ? "@dir" : "@any";
}

std::string zsh_action(const OptionRow& row) {
  if (const auto choices = config::choices_of(row); !choices.empty())
    return "(" + join(choices) + ")";
  if (row.value == "FILE") return "_files";
  return row.value == "DIR" ? "_files -/" : " ";
}

// One element of _arguments for one name of the flag, which excludes its other name.
std::string zsh_spec(const OptionRow& row, std::string_view name) {
  std::string spec;
  if (row.kind == ValueKind::many) {
    spec = "*";
  } else {
    spec = "(" + std::string(row.flag);
    if (!row.short_flag.empty()) spec += " " + std::string(row.short_flag);
    spec += ")";
  }
  spec += name;
  // "--flag VALUE" and "--flag=VALUE".
  if (has_value(row)) spec += name.starts_with("--") ? "=" : "";
  std::string text;
  for (const char c : short_help(row)) {
    if (c == '[' || c == ']' || c == ':') text += '\\';
    text += c;
  }
  spec += "[" + text + "]";
  if (has_value(row)) spec += ":" + std::string(row.value) + ":" + zsh_action(row);
  return "      " + quote(spec) + "\n";
}

std::string fish_condition(const CommandRow& command) {
  return "complete -c vela-logs -n " + quote("__vela_logs_in " + std::string(command.name));
}

std::string fish_option(const CommandRow& command, const OptionRow& row) {
  std::string line = fish_condition(command);
  for (const std::string_view name : {row.flag, row.short_flag}) {
    if (name.empty()) continue;
    line += name.starts_with("--") ? " -l " + std::string(name.substr(2))
                                   : " -s " + std::string(name.substr(1));
  }
  if (has_value(row)) {
    if (const auto choices = config::choices_of(row); !choices.empty())
      line += " -x -a " + quote(join(choices));
    else if (row.value == "FILE")
      line += " -r -F";
    else if (row.value == "DIR")
      line += " -x -a " + quote("(__fish_complete_directories)");
    else
      line += " -x";
  }
  return line + " -d " + quote(short_help(row), "\\") + "\n";
}

}  // namespace

std::string bash_commands() {
  std::string text;
  for (const CommandRow& command : config::command_table())
    (text += text.empty() ? "" : " ") += command.name;
  return "  echo '" + text + "'\n";
}

std::string bash_options() {
  std::string text;
  for (const CommandRow& command : config::command_table()) {
    std::vector<std::string_view> words;
    for (const OptionRow* row : flags_of(command)) {
      words.push_back(row->flag);
      if (!row->short_flag.empty()) words.push_back(row->short_flag);
    }
    words.emplace_back("--help");
    words.emplace_back("--help-all");
    text += "    " + std::string(command.name) + ") echo '" + join(words) + "' ;;\n";
  }
  return text;
}

std::string bash_values() {
  std::string text;
  for (const CommandRow& command : config::command_table()) {
    for (const OptionRow* row : flags_of(command)) {
      if (!has_value(*row)) continue;
      text += "    " + std::string(command.name) + ":" + std::string(row->flag);
      if (!row->short_flag.empty())
        text += " | " + std::string(command.name) + ":" + std::string(row->short_flag);
      text += ") echo '" + bash_value(*row) + "' ;;\n";
    }
  }
  return text;
}

std::string zsh_commands() {
  std::string text;
  for (const CommandRow& command : config::command_table())
    text += "    " + quote(std::string(command.name) + ":" + std::string(command.summary)) + "\n";
  return text;
}

std::string zsh_options() {
  std::string text;
  for (const CommandRow& command : config::command_table()) {
    text += "    " + std::string(command.name) + ") specs=(\n";
    for (const OptionRow* row : flags_of(command)) {
      text += zsh_spec(*row, row->flag);
      if (!row->short_flag.empty()) text += zsh_spec(*row, row->short_flag);
    }
    text += "      " + quote("(- *)--help[" + std::string(kHelp) + "]") + "\n";
    text += "      " + quote("(- *)--help-all[" + std::string(kHelpAll) + "]") + "\n    ) ;;\n";
  }
  return text;
}

std::string fish_completions() {
  std::string text;
  for (const CommandRow& command : config::command_table())
    text += "complete -c vela-logs -n __vela_logs_has_no_command -a " + std::string(command.name) +
            " -d " + quote(command.summary, "\\") + "\n";
  for (const CommandRow& command : config::command_table()) {
    for (const OptionRow* row : flags_of(command)) text += fish_option(command, *row);
    text += fish_condition(command) + " -l help -d " + quote(kHelp) + "\n";
    text += fish_condition(command) + " -l help-all -d " + quote(kHelpAll) + "\n";
  }
  return text;
}

}  // namespace vela::cmd
