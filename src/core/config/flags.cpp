#include "core/config/flags.hpp"

#include <algorithm>
#include <memory>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "core/config/spelling.hpp"

namespace vela::config {
namespace {

constexpr std::string_view kProgram = "vela-logs";
// A help fits a terminal of 100 columns.
constexpr std::size_t kHelpColumn = 36;
constexpr std::size_t kHelpTextColumns = 100 - kHelpColumn;

std::string names_of(const OptionRow& row) {
  if (row.short_flag.empty()) return std::string(row.flag);
  return std::string(row.short_flag) + "," + std::string(row.flag);
}

// The help with what else can set the option.
std::string describe(const OptionRow& row) {
  std::string text(row.help);
  std::string notes;
  const auto note = [&notes](std::string_view what, std::string_view value) {
    if (value.empty()) return;
    if (!notes.empty()) notes += ", ";
    notes.append(what).append(value);
  };
  note("default ", row.fallback);
  for (std::string_view names = row.environment; !names.empty();) {
    const auto space = names.find(' ');
    note("$", names.substr(0, space));
    names = space == std::string_view::npos ? std::string_view() : names.substr(space + 1);
  }
  if (!notes.empty()) text += " [" + notes + "]";
  return text;
}

// `text` with line breaks at spaces so that no line is longer than a help's.
std::string wrap(const std::string& text) {
  std::string wrapped;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t space = std::min(text.find(' ', begin), text.size());
    const std::size_t word = space - begin;
    if (line != 0) wrapped += line + 1 + word > kHelpTextColumns ? '\n' : ' ';
    line = wrapped.ends_with('\n') ? word : line + 1 + word;
    wrapped.append(text, begin, word);
    begin = space + 1;
  }
  return wrapped;
}

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(const CommandRow& command) : command_(command) {
    column_width(kHelpColumn);
  }
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    std::string usage = "\nUsage: ";
    usage.append(kProgram).append(" ").append(command_.name).append(" ").append(command_.usage);
    return usage + "\n";
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrap(option->get_description());
  }

 private:
  const CommandRow& command_;
};

// The values stay with CLI11 until all words are read.
void add_row(CLI::App& app, const OptionRow& row,
             std::map<const OptionRow*, CLI::Option*>& options) {
  CLI::Option* option = nullptr;
  if (row.kind == ValueKind::flag) {
    option = app.add_flag(names_of(row))->description(describe(row));
  } else {
    option = app.add_option(
        names_of(row), [](const CLI::results_t& /*values*/) { return true; }, describe(row));
    option->type_name(std::string(row.value))->type_size(1)->expected(1);
    // Off: CLI11 would take "[a,b]" apart.
    option->allow_extra_args(false);
  }
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  options.emplace(&row, option);
}

const OptionRow* find_row(const std::vector<const OptionRow*>& rows, std::string_view flag) {
  for (const OptionRow* row : rows)
    if (row->flag == flag || row->short_flag == flag) return row;
  return nullptr;
}

std::string unknown_flag(const std::vector<const OptionRow*>& rows, const CommandRow& command,
                         std::string_view word) {
  const std::string_view flag = word.substr(0, word.find('='));
  std::vector<std::string_view> known{"--help", "--version"};
  for (const OptionRow* row : rows)
    if (row->flag.starts_with("--")) known.push_back(row->flag);
  std::string fault = std::string(flag) + ": " + std::string(command.name) + " has no such flag";
  if (const auto similar = find_similar(flag, known))
    return fault + "; did you mean " + std::string(*similar) + "?";
  return fault + "; `vela-logs " + std::string(command.name) + " --help` lists them";
}

std::string stray_word(const CommandRow& command, const std::string& word) {
  const std::string quoted = "'" + word + "': ";
  if (command.command == Command::run_step)
    return quoted + "write -- before the command: vela-logs run-step … -- " + word + " …";
  if (command.command == Command::tail) return quoted + "only one LOG can be followed";
  return quoted + std::string(command.name) + " takes no such word";
}

// What CLI11 did not know: flags, and words that no positional takes.
void add_extras(const std::vector<std::string>& extras, const CommandRow& command,
                const std::vector<const OptionRow*>& rows, std::vector<std::string>& faults) {
  for (const std::string& word : extras)
    if (word.size() > 1 && word.starts_with('-'))
      faults.push_back(unknown_flag(rows, command, word));
  // A word behind an unknown flag is probably its value.
  if (faults.empty() && !extras.empty()) faults.push_back(stray_word(command, extras.front()));
}

// CLI11 begins this message with the flag's names: "-n: 1 required N|all missing".
std::string missing_value(const std::vector<const OptionRow*>& rows, std::string_view message) {
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
  const std::vector<const OptionRow*> rows = rows_of(command);
  Flags flags;
  std::map<const OptionRow*, CLI::Option*> options;
  const OptionRow* positional = nullptr;

  CLI::App app(std::string(about.summary));
  app.formatter(std::make_shared<HelpFormatter>(about));
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.allow_extras();
  for (const OptionRow* row : rows) {
    if (row->flag.empty()) continue;
    add_row(app, *row, options);
    if (row->kind == ValueKind::positional) positional = row;
  }

  try {
    // CLI11 takes the words from the back.
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::CallForHelp&) {
    flags.help = app.help();
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

std::string program_help() {
  std::string text =
      "Carries the output of a CI step to the people who watch it, live, and keeps it";
  text += "\n\nUsage: vela-logs COMMAND [OPTIONS]\n\nCommands:\n";
  for (const CommandRow& row : command_table()) {
    std::string line = "  " + std::string(row.name);
    line.resize(std::max<std::size_t>(line.size() + 2, 14), ' ');
    text += line + std::string(row.summary) + "\n";
  }
  text +=
      "\nExample, each in a terminal of its own:\n"
      "  vela-logs serve\n"
      "  export VELA_LOGS_SERVER=http://127.0.0.1:8080\n"
      "  vela-logs run-step --log octocat/hello/42/steps/3 -- make test\n"
      "  vela-logs tail octocat/hello/42\n";
  text += "\nOptions:\n  --help      Print this help, or a command's, and exit\n";
  text += "  --version   Print the version and exit\n";
  return text;
}

}  // namespace vela::config
