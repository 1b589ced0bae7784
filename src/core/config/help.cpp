#include "core/config/help.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "core/config/option_words.hpp"

namespace vela::config {
namespace {

constexpr std::string_view kProgram = "vela-logs";
constexpr std::size_t kColumns = 80;
// Where the text of an option begins.
constexpr std::size_t kHelpColumn = 26;
// A longer list of choices stands in the text instead.
constexpr std::size_t kWidestValue = 10;

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
  for (const std::string_view name : variables_of(row)) note("$", name);
  if (!notes.empty()) text += " [" + notes + "]";
  return text;
}

std::string describe_briefly(const OptionRow& row) {
  std::string text(row.brief);
  if (!row.fallback.empty()) text += " [" + std::string(row.fallback) + "]";
  return text;
}

// The width on a terminal; our texts hold no wide or combining letters.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// `text` with line breaks at spaces so that no line is longer than a help's.
std::string wrap(const std::string& text) {
  std::string wrapped;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t space = std::min(text.find(' ', begin), text.size());
    const std::size_t word = columns_of(std::string_view(text).substr(begin, space - begin));
    if (line != 0) wrapped += line + 1 + word > kColumns - kHelpColumn ? '\n' : ' ';
    line = wrapped.ends_with('\n') || line == 0 ? word : line + 1 + word;
    wrapped.append(text, begin, space - begin);
    begin = space + 1;
  }
  return wrapped;
}

// "auto|stream|websocket|…" as "METHOD", after the flag, where it would fill the line.
std::string value_name(const OptionRow& row) {
  if (row.value.size() <= kWidestValue) return std::string(row.value);
  std::string name(row.flag.substr(row.flag.find_first_not_of('-')));
  for (char& c : name) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(const CommandRow& command) : command_(command) {
    column_width(kHelpColumn);
  }
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    std::string usage = "Usage: ";
    usage.append(kProgram).append(" ").append(command_.name).append(" ").append(command_.usage);
    return usage + "\n";
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrap(option->get_description());
  }
  std::string make_footer(const CLI::App* /*app*/) const override {
    return "Examples:\n" + std::string(command_.examples);
  }

 private:
  const CommandRow& command_;
};

}  // namespace

std::string names_of(const OptionRow& row) {
  if (row.short_flag.empty()) return std::string(row.flag);
  return std::string(row.short_flag) + "," + std::string(row.flag);
}

std::string command_help(CLI::App& app, const CommandRow& command, HelpExtent extent) {
  app.formatter(std::make_shared<HelpFormatter>(command));
  for (const OptionRow& row : rows_of(command.command)) {
    if (row.flag.empty()) continue;
    CLI::Option* option = app.get_option(std::string(row.flag));
    if (row.kind != ValueKind::flag && extent == HelpExtent::brief)
      option->type_name(value_name(row));
    option->description(extent == HelpExtent::brief ? describe_briefly(row) : describe(row));
    // CLI11 leaves an option of no group out.
    if (extent == HelpExtent::brief && row.brief.empty()) option->group("");
  }
  std::string text = app.help();
  // CLI11 puts several empty lines before what stands at the foot.
  for (std::size_t at = 0; (at = text.find("\n\n\n", at)) != std::string::npos;) text.erase(at, 1);
  return text;
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
  text += "  --help-all  After a command: print all of its options and exit\n";
  text += "  --version   Print the version and exit\n";
  return text;
}

}  // namespace vela::config
