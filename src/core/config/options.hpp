#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.hpp"

// What a command was told, from its command line, its environment and its configuration file.
namespace vela::config {

// From the most talkative to the least; each includes those that follow.
enum class LogLevel { trace, debug, info, warning, error };
// How serve writes its own messages; automatic: for the journal where stderr is the journal, else
// text.
enum class LogFormat { automatic, text, json, journald };

struct OptionRow;

// What an option was told, and by whom.
struct Setting {
  const OptionRow* row = nullptr;   // of the option table, which lives for ever
  std::vector<std::string> values;  // as on the command line; empty: not set, and no default
  std::string origin;               // "default", "FILE:3:10", "VELA_LOGS_STORE" or "--store"
};

struct ServeOptions {
  std::vector<std::string> listen{"127.0.0.1:8080"};
  std::string store = "./vela-logs.db";
  std::chrono::microseconds flush_interval{1'000'000};
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::automatic;
  // Of the end: how long requests are still taken, how long those in progress get, and how long
  // what came may take to be stored.
  std::chrono::microseconds shutdown_delay{0};
  std::chrono::microseconds shutdown_grace{1'000'000};
  std::chrono::microseconds shutdown_limit{60'000'000};
  std::uint64_t health_free_space = std::uint64_t{256} << 20;  // with less, /health is degraded
  // How long logs are kept; 0 is no limit.
  std::chrono::microseconds retention_max_age{0};
  std::uint64_t retention_max_bytes = 0;
  std::uint64_t retention_max_builds = 0;     // of a repository
  std::vector<std::string> retention_exempt;  // patterns of logs that stay
  std::chrono::microseconds retention_interval{600'000'000};
  bool retention_dry_run = false;  // print what would go and exit
  std::string backup_to;           // copy the store to this file and exit; "" to serve
  // Say something about the configuration and exit; parse_command_line answers these itself.
  bool check_config = false;
  bool show_config = false;
  bool sample_config = false;
  std::vector<Setting> settings;  // one for each option, in the order of the table
};

// What becomes of output when the spool is full.
enum class WhenFull { block, drop, fail };

struct RunStepOptions {
  std::string server;      // "http://127.0.0.1:8080"
  std::string token_file;  // "": none; it wins over `token`
  std::string token;
  std::string log;   // "octocat/hello/42/steps/3"
  std::string name;  // the step's name; "" leaves the server's
  std::string method = "auto";
  // With --method time-chunks or append only.
  std::optional<std::chrono::microseconds> flush_interval;
  std::optional<std::uint64_t> flush_bytes;  // with --method byte-chunks only
  std::chrono::microseconds grace{10'000'000};
  std::chrono::microseconds drain_timeout{60'000'000};
  std::string spool_dir;  // "": the default
  std::uint64_t spool_limit = std::uint64_t{1} << 30;
  WhenFull when_full = WhenFull::block;
  bool resume = false;      // deliver what dead runs left, and nothing else
  std::string print_spool;  // write what this file holds to standard output, and nothing else
  bool end_build = false;
  bool quiet = false;
  bool strict = false;
  bool verbose = false;
  std::vector<std::string> command;  // empty: standard input
};

enum class ColorMode { automatic, always, never };
enum class TimeForm { clock, iso, elapsed, delta, delay };

struct TailOptions {
  std::string server;
  std::string token_file;
  std::string token;
  std::string log;                          // a log or a build
  std::optional<std::uint64_t> last_lines;  // nothing: all
  bool follow = true;
  bool timestamps = false;
  TimeForm time_form = TimeForm::clock;
  bool raw = false;
  ColorMode color = ColorMode::automatic;
  bool exit_status = false;
  std::chrono::microseconds lost_timeout{300'000'000};
};

// --help and what else only asks: print `text` on stdout and exit 0.
struct Talk {
  std::string text;
};

using CommandLine = std::variant<ServeOptions, RunStepOptions, TailOptions, Talk>;

// Reads flags, environment (`find_env` is getenv) and the configuration file; flags beat
// environment beats file beats default. Prints nothing. `variables`: environ, for --check-config to
// find those that were misspelt; null: it looks for none. Errors: invalid, all faults in one text,
// one a line, each naming the flag or file:line:column and a valid example; the caller exits 2.
[[nodiscard]] Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                                     const char* (*find_env)(const char* name),
                                                     char* const* variables = nullptr);

}  // namespace vela::config
