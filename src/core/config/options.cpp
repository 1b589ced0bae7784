#include "core/config/options.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/base/split.hpp"
#include "core/config/config_file.hpp"
#include "core/config/flags.hpp"
#include "core/config/help.hpp"
#include "core/config/option_table.hpp"
#include "core/config/option_words.hpp"
#include "core/config/sample_config.hpp"
#include "core/config/show_config.hpp"
#include "core/config/spelling.hpp"

namespace vela::config {
namespace {

using FindEnv = const char* (*)(const char* name);

// What a Vela step's environment says its log is.
constexpr std::array kStepVariables{"VELA_REPO_ORG", "VELA_REPO_NAME", "VELA_BUILD_NUMBER",
                                    "VELA_STEP_NUMBER"};

constexpr std::string_view kVersion = VELA_LOGS_VERSION;

// A variable of what may be given several times holds all of them, with commas between.
std::vector<std::string> values_of(const OptionRow& row, std::string_view text) {
  if (row.kind != ValueKind::many) return {std::string(text)};
  const std::vector<std::string_view> parts = base::split(text, ',');
  return {parts.begin(), parts.end()};
}

// Of any command.
std::vector<std::string_view> all_variables() {
  std::vector<std::string_view> all;
  for (const CommandRow& command : command_table())
    for (const OptionRow& row : rows_of(command.command))
      for (const std::string_view name : variables_of(row)) all.push_back(name);
  return all;
}

// Reads the options of one command, from the weakest source to the strongest.
class Reading {
 public:
  Reading(Command command, FindEnv find_env)
      : command_(command), rows_(rows_of(command)), find_env_(find_env) {
    for (const OptionRow& row : rows_) {
      Setting& setting = settings_.emplace_back();
      setting.row = &row;
      if (!row.fallback.empty()) setting.values.emplace_back(row.fallback);
      setting.origin = "default";
    }
  }

  std::optional<Talk> read(const std::vector<std::string>& words,
                           const std::optional<std::vector<std::string>>& operands,
                           char* const* variables);
  std::vector<std::string>& faults() { return faults_; }
  CommandLine take();

 private:
  struct Variable {
    std::string name;
    std::string value;
  };

  std::string env(std::string_view name) const;
  std::optional<Variable> find_variable(const OptionRow& row) const;
  std::string log_of_step() const;
  std::string why_no_log() const;
  const OptionRow& row(std::string_view flag) const;
  bool is_given(std::string_view flag) const { return flags_.given.contains(&row(flag)); }

  // `where` is the origin, and of a key of the file its name.
  void set(const OptionRow& row, const std::vector<std::string>& values, const std::string& origin,
           const std::string& where);
  void read_file();
  void check_run_step(const std::optional<std::vector<std::string>>& operands);
  void check_flush(RunStepOptions& options);
  void check_tail();
  void check_serve(char* const* variables);
  CommandLine take_serve();
  void require(std::string_view flag, const std::string& value, std::string_view variables,
               const std::string& why = {});

  const Command command_;
  const std::span<const OptionRow> rows_;
  const FindEnv find_env_;
  Flags flags_;
  AllOptions options_;
  std::vector<Setting> settings_;  // one for each of rows_
  std::vector<std::string> faults_;
};

std::string Reading::env(std::string_view name) const {
  const char* value = find_env_(std::string(name).c_str());
  return value == nullptr ? std::string() : std::string(value);
}

// Variables that are empty count as not set.
std::optional<Reading::Variable> Reading::find_variable(const OptionRow& row) const {
  for (const std::string_view name : variables_of(row))
    if (std::string value = env(name); !value.empty())
      return Variable{std::string(name), std::move(value)};
  return std::nullopt;
}

// "org/repo/build/steps/N" as far as the environment knows it: tail is content with the build.
std::string Reading::log_of_step() const {
  std::string log;
  for (std::size_t i = 0; i < kStepVariables.size(); ++i) {
    const bool is_step = i == kStepVariables.size() - 1;
    if (is_step && command_ == Command::tail) return log;
    const std::string value = env(kStepVariables[i]);
    if (value.empty()) return {};
    if (i != 0) log += is_step ? "/steps/" : "/";
    log += value;
  }
  return log;
}

// " (VELA_BUILD_NUMBER is not set, VELA_REPO_ORG is)" where a Vela step's variables are in part.
std::string Reading::why_no_log() const {
  std::string present;
  std::string absent;
  for (const char* name : kStepVariables) {
    const bool is_step = std::string_view(name) == kStepVariables.back();
    if (is_step && command_ == Command::tail) continue;
    std::string& first = env(name).empty() ? absent : present;
    if (first.empty()) first = name;
  }
  if (present.empty() || absent.empty()) return {};
  return " (" + absent + " is not set, " + present + " is)";
}

const OptionRow& Reading::row(std::string_view flag) const {
  return *std::find_if(rows_.begin(), rows_.end(),
                       [flag](const OptionRow& row) { return row.flag == flag; });
}

void Reading::set(const OptionRow& row, const std::vector<std::string>& values,
                  const std::string& origin, const std::string& where) {
  if (const auto fault = row.set(options_, row, values)) faults_.push_back(where + ": " + *fault);
  Setting& setting = settings_[static_cast<std::size_t>(&row - rows_.data())];
  setting.values = values;
  setting.origin = origin;
}

void Reading::read_file() {
  const OptionRow& config = row("--config");
  std::string path;
  if (const auto variable = find_variable(config)) path = variable->value;
  if (is_given("--config")) path = flags_.given.at(&config).back();
  if (path.empty()) return;
  for (FileEntry& entry : read_config_file(path, rows_)) {
    if (entry.fault.empty()) {
      set(*entry.row, entry.values, entry.where, entry.where + ": " + std::string(entry.row->key));
    } else {
      faults_.push_back(std::move(entry.fault));
    }
  }
}

std::optional<Talk> Reading::read(const std::vector<std::string>& words,
                                  const std::optional<std::vector<std::string>>& operands,
                                  char* const* variables) {
  const bool has_command = command_ == Command::run_step;
  flags_ = parse_flags(command_, words,
                       has_command || !operands ? std::vector<std::string>() : *operands);
  if (flags_.help) return Talk{*flags_.help};
  faults_ = flags_.faults;

  std::vector<std::pair<const OptionRow*, Variable>> found;
  for (const OptionRow& row : rows_) {
    auto variable = flags_.given.contains(&row) ? std::nullopt : find_variable(row);
    if (variable) found.emplace_back(&row, std::move(*variable));
  }
  // Every source is judged, even where a stronger one decides.
  if (command_ == Command::serve) read_file();
  for (const auto& [row, variable] : found)
    set(*row, values_of(*row, variable.value), variable.name, variable.name);
  for (const auto& [row, values] : flags_.given) {
    const std::string flag(row->flag);
    set(*row, values, flag, flag);
  }
  if (command_ == Command::run_step) check_run_step(operands);
  if (command_ == Command::tail) check_tail();
  if (command_ == Command::serve) check_serve(variables);
  return std::nullopt;
}

void Reading::require(std::string_view flag, const std::string& value, std::string_view variables,
                      const std::string& why) {
  // When CLI11 gave up, nothing is known of what follows.
  if (!value.empty() || !flags_.faults.empty()) return;
  if (is_given(flag) || find_variable(row(flag))) return;  // there, and already found wrong
  faults_.push_back(std::string(flag) + ": is missing" + why + "; give it, for example " +
                    (flag.starts_with('-') ? std::string(flag) + " " : "") +
                    std::string(row(flag).example) + ", or set " + std::string(variables));
}

void Reading::check_run_step(const std::optional<std::vector<std::string>>& operands) {
  RunStepOptions& options = options_.run_step;
  if (options.resume && !options.print_spool.empty())
    faults_.emplace_back("--print-spool: contradicts --resume; give one of them");
  for (const std::string_view flag : {"--resume", "--print-spool"})
    if (is_given(flag) && operands)
      faults_.push_back(std::string(flag) + ": runs nothing; leave -- and what follows it out");
  if (options.resume || !options.print_spool.empty()) return;
  if (options.log.empty()) options.log = log_of_step();
  require("--server", options.server, "VELA_LOGS_SERVER");
  require("--log", options.log, "VELA_LOGS_LOG", why_no_log());
  if (operands && operands->empty())
    faults_.emplace_back(
        "--: no command follows; write -- make test, or leave -- out to read standard input");
  if (operands) options.command = *operands;
  // Of a method that is none nothing more can be said.
  if (!is_given("--method") || flags_.given.at(&row("--method")).back() == options.method)
    check_flush(options);
}

// The variable VELA_LOGS_FLUSH_INTERVAL is a server's too: only a flag that has no effect is wrong.
void Reading::check_flush(RunStepOptions& options) {
  if (options.method != "append" && options.method != "time-chunks") {
    options.flush_interval.reset();
    if (is_given("--flush-interval"))
      faults_.push_back(
          "--flush-interval: goes with --method time-chunks, where it is how long output is "
          "gathered, and with --method append, where it is the pause between two; not with "
          "--method " +
          options.method);
  }
  if (options.method == "byte-chunks") return;
  options.flush_bytes.reset();
  if (is_given("--flush-bytes"))
    faults_.push_back("--flush-bytes: goes with --method byte-chunks, not with --method " +
                      options.method);
}

void Reading::check_tail() {
  TailOptions& options = options_.tail;
  if (options.log.empty()) options.log = log_of_step();
  require("--server", options.server, "VELA_LOGS_SERVER");
  require("LOG", options.log, "VELA_LOGS_LOG", why_no_log());
  if (is_given("--follow")) {
    if (is_given("--no-follow"))
      faults_.emplace_back("--follow: contradicts --no-follow; give one of them");
    options.follow = true;
  }
  // https://no-color.org: any value but the empty one.
  if (options.color == ColorMode::automatic && !env("NO_COLOR").empty())
    options.color = ColorMode::never;
  if (!options.raw || !options.timestamps) return;
  options.timestamps = false;
  for (const std::string_view flag : {"--timestamps", "--time-form"})
    if (is_given(flag))
      faults_.push_back(std::string(flag) +
                        ": contradicts --raw, which writes the stored bytes and nothing else");
}

void Reading::check_serve(char* const* variables) {
  if (is_given("--backup-to") && is_given("--retention-dry-run"))
    faults_.emplace_back("--retention-dry-run: contradicts --backup-to; give one of them");
  if (!options_.serve.check_config || variables == nullptr) return;
  const std::vector<std::string_view> known = all_variables();
  for (; *variables != nullptr; ++variables) {
    const std::string_view name = base::split(*variables, '=').front();
    if (!name.starts_with("VELA_LOGS_")) continue;
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    // Others may mean something to somebody.
    if (const auto similar = find_similar(name, known))
      faults_.push_back(std::string(name) + ": there is no such variable; did you mean " +
                        std::string(*similar) + "?");
  }
}

CommandLine Reading::take_serve() {
  ServeOptions& options = options_.serve;
  if (options.sample_config) return Talk{sample_config()};
  if (options.show_config) return Talk{show_config(settings_)};
  if (options.check_config) return Talk{"the configuration is good\n"};
  options.settings = std::move(settings_);
  return std::move(options);
}

CommandLine Reading::take() {
  if (command_ == Command::serve) return take_serve();
  if (command_ == Command::run_step) return std::move(options_.run_step);
  return std::move(options_.tail);
}

std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
  return text;
}

std::string list_commands() {
  std::vector<std::string_view> names;
  for (const CommandRow& row : command_table()) names.push_back(row.name);
  return list_words(names);
}

// A flag in the command's place: of the first command that has it.
Error early_flag(const std::string& word) {
  const std::string flag = word.substr(0, word.find('='));
  std::string command;
  std::vector<std::string_view> known{"--help", "--version"};
  for (const CommandRow& row : command_table()) {
    const auto rows = rows_of(row.command);
    const auto is_it = [&flag](const OptionRow& option) {
      return option.flag == flag || option.short_flag == flag;
    };
    for (const OptionRow& option : rows)
      if (!option.flag.empty()) known.push_back(option.flag);
    if (command.empty() && std::any_of(rows.begin(), rows.end(), is_it)) command = row.name;
  }
  if (command.empty()) {
    const auto similar = find_similar(flag, known);
    return Error(ErrorCode::invalid,
                 flag + ": there is no such flag; " +
                     (similar ? "did you mean " + std::string(*similar) + "?"
                              : "`vela-logs --help` says which commands there are"));
  }
  return Error(ErrorCode::invalid, flag + ": comes behind the command; write vela-logs " + command +
                                       " " + flag + "; commands are " + list_commands());
}

Error unknown_command(const std::string& word) {
  if (word.starts_with('-')) return early_flag(word);
  std::vector<std::string_view> known;
  for (const CommandRow& row : command_table()) known.push_back(row.name);
  std::string text = "'" + word + "' is no command; ";
  if (const auto similar = find_similar(word, known)) {
    text += "did you mean " + std::string(*similar) + "?";
  } else {
    text += "commands are " + list_commands() + "; `vela-logs --help` says more";
  }
  return Error(ErrorCode::invalid, std::move(text));
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                       const char* (*find_env)(const char* name),
                                       char* const* variables) {
  // Before CLI11 sees anything: what follows "--" belongs to somebody else.
  const auto split = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> words(arguments.begin(), split);
  std::optional<std::vector<std::string>> operands;
  if (split != arguments.end()) operands.emplace(std::next(split), arguments.end());

  if (words.empty())
    return Error(ErrorCode::invalid, "no command given; commands are " + list_commands() +
                                         "; `vela-logs --help` says more");
  if (words.front() == "--help" || words.front() == "-h" || words.front() == "help") {
    if (words.size() == 1) return CommandLine(Talk{program_help()});
    words = {words[1], "--help"};  // "help serve"
  }
  if (std::find(words.begin(), words.end(), "--version") != words.end())
    return CommandLine(Talk{"vela-logs " + std::string(kVersion) + "\n"});
  for (const CommandRow& row : command_table()) {
    if (row.name != words.front()) continue;
    words.erase(words.begin());
    Reading reading(row.command, find_env);
    if (auto talk = reading.read(words, operands, variables)) return CommandLine(std::move(*talk));
    if (!reading.faults().empty()) return Error(ErrorCode::invalid, join_lines(reading.faults()));
    return reading.take();
  }
  return unknown_command(words.front());
}

}  // namespace vela::config
