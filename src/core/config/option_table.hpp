#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/options.hpp"

// The one table of options: flags, --help, environment, the keys of the file, the sample in config/
// and --show-config are made from it.
namespace vela::config {

enum class Command : std::uint8_t { serve, run_step, tail };

// The options of all commands; a command line fills one of them.
struct AllOptions {
  ServeOptions serve;
  RunStepOptions run_step;
  TailOptions tail;
  std::string config_file;  // of serve; "" when there is none
};

enum class ValueKind : std::uint8_t {
  flag,        // true or false; on the command line the name alone
  one,         // a value
  many,        // may be given several times; in the file also an array
  positional,  // a word without a flag
};

struct OptionRow;

// Puts `values` (of a flag "true" or "false") where they belong. What is wrong with them, or
// nothing.
using Setter = std::optional<std::string> (*)(AllOptions& options, const OptionRow& row,
                                              const std::vector<std::string>& values);

struct OptionRow {
  ValueKind kind;
  // "--listen"; of a positional its name, "LOG"; "" for what only the environment may tell.
  std::string_view flag = {};
  std::string_view short_flag = {};   // "-n"; "" when there is none
  std::string_view value = {};        // its name or choices: "ADDR", "auto|always|never"
  std::string_view key = {};          // in the file; "" when it is not there
  std::string_view environment = {};  // variables, the first that is set counts: "A B"; "" for none
  std::string_view fallback = {};     // the default as it would be written; "" when there is none
  std::string_view example = {};      // a valid value
  std::string_view brief = {};        // its line in --help; "" for what only --help-all shows
  std::string_view help = {};
  Setter set = nullptr;
  bool is_secret = false;      // its value is never shown
  bool is_reloadable = false;  // SIGHUP applies what has become of it
  // Of durations.
  std::chrono::microseconds least{0};
  std::chrono::microseconds most{0};
};

// In the order of --help.
[[nodiscard]] std::span<const OptionRow> rows_of(Command command);

struct CommandRow {
  Command command;
  std::string_view name;      // "run-step"
  std::string_view usage;     // what follows the name
  std::string_view summary;   // one line
  std::string_view examples;  // a line each
};

[[nodiscard]] std::span<const CommandRow> command_table();
[[nodiscard]] const CommandRow& row_of(Command command);

}  // namespace vela::config
