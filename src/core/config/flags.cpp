#include "core/config/flags.hpp"

#include <span>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>     // what App makes by itself is complete there only
#include <CLI/Formatter.hpp>  // likewise

#include "core/config/help.hpp"
#include "core/config/spelling.hpp"

namespace vela::config {
namespace {

// The values stay with CLI11 until all words are read.
void add_row(CLI::App& app, const OptionRow& row,
             std::map<const OptionRow*, CLI::Option*>& options) {
  CLI::Option* option = nullptr;
  if (row.kind == ValueKind::flag) {
    option = app.add_flag(names_of(row));
  } else {
    option = app.add_option(names_of(row), [](const CLI::results_t& /*values*/) { return true; });
    option->type_name(std::string(row.value))->type_size(1)->expected(1);
    // Off: CLI11 would take "[a,b]" apart.
    option->allow_extra_args(false);
  }
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  options.emplace(&row, option);
}

const OptionRow* find_row(std::span<const OptionRow> rows, std::string_view flag) {
  for (const OptionRow& row : rows)
    if (row.flag == flag || row.short_flag == flag) return &row;
  return nullptr;
}

std::string unknown_flag(std::span<const OptionRow> rows, const CommandRow& command,
                         std::string_view word) {
  const std::string_view flag = word.substr(0, word.find('='));
  std::vector<std::string_view> known{"--help", "--help-all", "--version"};
  for (const OptionRow& row : rows)
    if (row.flag.starts_with("--")) known.push_back(row.flag);
  std::string fault = std::string(flag) + ": " + std::string(command.name) + " has no such flag";
  if (const auto similar = find_similar(flag, known))
    return fault + "; did you mean " + std::string(*similar) + "?";
  return fault + "; `vela-logs " + std::string(command.name) + " --help-all` lists them";
}

std::string stray_word(const CommandRow& command, const std::string& word) {
  const std::string quoted = "'" + word + "': ";
  if (command.command == Command::run_step)
    return quoted + "write -- before the command: vela-logs run-step … -- " + word + " …";
  if (command.command == Command::tail) return quoted + "only one LOG can be followed";
  return quoted + std::string(command.name) + " takes no such word; `vela-logs " +
         std::string(command.name) + " --help` says what it takes";
}

// What CLI11 did not know: flags, and words that no positional takes.
void add_extras(const std::vector<std::string>& extras, const CommandRow& command,
                std::span<const OptionRow> rows, std::vector<std::string>& faults) {
  for (const std::string& word : extras)
    if (word.size() > 1 && word.starts_with('-'))
      faults.push_back(unknown_flag(rows, command, word));
  // A word behind an unknown flag is probably its value.
  if (faults.empty() && !extras.empty()) faults.push_back(stray_word(command, extras.front()));
}

// CLI11 would take the next word as the value of "--store=", which has an empty one.
std::vector<std::string> reversed(const std::vector<std::string>& words) {
  std::vector<std::string> turned;
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    const bool is_emptied =
        word->size() > 3 && word->starts_with("--") && word->find('=') == word->size() - 1;
    if (is_emptied) turned.emplace_back();
    turned.push_back(is_emptied ? word->substr(0, word->size() - 1) : *word);
  }
  return turned;
}

// CLI11 begins this message with the flag's names: "-n: 1 required N|all missing".
std::string missing_value(std::span<const OptionRow> rows, std::string_view message) {
  const std::string_view flag = message.substr(0, message.find_first_of(":, "));
  const OptionRow* row = find_row(rows, flag);
  if (row == nullptr) return std::string(message);
  return std::string(flag) + ": needs a value; write for example " + std::string(row->flag) + " " +
         std::string(row->example);
}

}  // namespace

Flags parse_flags(Command command, const std::vector<std::string>& words,
                  const std::vector<std::string>& operands) {
  const CommandRow& about = row_of(command);
  const std::span<const OptionRow> rows = rows_of(command);
  Flags flags;
  std::map<const OptionRow*, CLI::Option*> options;
  const OptionRow* positional = nullptr;

  CLI::App app(std::string(about.summary));
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_help_all_flag("--help-all", "Print every option, with its default and variable");
  app.allow_extras();
  for (const OptionRow& row : rows) {
    if (row.flag.empty()) continue;
    add_row(app, row, options);
    if (row.kind == ValueKind::positional) positional = &row;
  }

  try {
    // CLI11 takes the words from the back.
    app.parse(reversed(words));
  } catch (const CLI::CallForHelp&) {
    flags.help = command_help(app, about, HelpExtent::brief);
    return flags;
  } catch (const CLI::CallForAllHelp&) {
    flags.help = command_help(app, about, HelpExtent::all);
    return flags;
  } catch (const CLI::ArgumentMismatch& mismatch) {
    flags.faults.push_back(missing_value(rows, mismatch.what()));
    return flags;
  } catch (const CLI::ParseError& error) {
    flags.faults.emplace_back(error.what());
    return flags;
  }
  for (const auto& [row, option] : options)
    if (option->count() != 0) flags.given[row] = option->results();

  std::vector<std::string> extras = app.remaining();
  for (const std::string& operand : operands) {
    if (positional != nullptr && !flags.given.contains(positional)) {
      flags.given[positional] = {operand};
    } else {
      extras.push_back(operand);
    }
  }
  add_extras(extras, about, rows, flags.faults);
  return flags;
}

}  // namespace vela::config
