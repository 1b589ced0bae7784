#include "core/config/option_table.hpp"

#include <array>
#include <limits>

#include "core/base/assert.hpp"
#include "core/config/address.hpp"
#include "core/config/option_values.hpp"

namespace vela::config {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;

constexpr auto kServe = &AllOptions::serve;
constexpr auto kRunStep = &AllOptions::run_step;
constexpr auto kTail = &AllOptions::tail;

// A step that needs a week to end is not waited for.
constexpr std::chrono::microseconds kLongestWait = 7 * 24h;

Fault no_fault(std::string_view /*text*/) { return {}; }

Fault find_empty(std::string_view text) {
  return text.empty() ? Fault("the value is empty") : Fault();
}

Fault set_config_file(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  if (Fault fault = find_empty(values.back())) return fault;
  options.config_file = values.back();
  return {};
}

// Asking for a form of time is asking for the times.
Fault set_time_form(AllOptions& options, const OptionRow& row, const Values& values) {
  options.tail.timestamps = true;
  return set_choice<kTail, &TailOptions::time_form>(options, row, values);
}

// Less could not be given back piece by piece.
constexpr std::uint64_t kLeastSpoolLimit = 4 * 1024 * 1024;
constexpr std::uint64_t kMostSpoolLimit = std::numeric_limits<std::uint64_t>::max();
// What one append carries.
constexpr std::uint64_t kMostFlushBytes = 256 * 1024;

// What both ends of the wire need to reach a server.
constexpr OptionRow server_row(Command command, std::string_view help, Setter set) {
  return {.command = command,
          .kind = ValueKind::one,
          .flag = "--server",
          .value = "URL",
          .environment = "VELA_LOGS_SERVER VELA_ADDR VELA_SERVER_ADDR",
          .example = "http://127.0.0.1:8080",
          .help = help,
          .set = set};
}

constexpr OptionRow token_file_row(Command command, Setter set) {
  return {.command = command,
          .kind = ValueKind::one,
          .flag = "--token-file",
          .value = "FILE",
          .environment = "VELA_LOGS_TOKEN_FILE",
          .example = "/run/secrets/vela-logs-token",
          .help =
              "Show the server the token in this file; $VELA_LOGS_TOKEN may hold the token "
              "itself",
          .set = set};
}

// A token itself is never a flag: it would show in the list of processes.
constexpr OptionRow token_row(Command command, Setter set) {
  return {.command = command,
          .kind = ValueKind::one,
          .environment = "VELA_LOGS_TOKEN",
          .set = set,
          .is_secret = true};
}

constexpr OptionRow kTable[] = {
    {.command = Command::serve,
     .kind = ValueKind::one,
     .flag = "--config",
     .value = "FILE",
     .environment = "VELA_LOGS_CONFIG",
     .example = "/etc/vela-logs/vela-logs.toml",
     .help = "Read the configuration from this file",
     .set = set_config_file},
    {.command = Command::serve,
     .kind = ValueKind::many,
     .flag = "--listen",
     .value = "ADDR",
     .key = "listen",
     .environment = "VELA_LOGS_LISTEN",
     .fallback = "127.0.0.1:8080",
     .example = "127.0.0.1:8080",
     .help = "Listen here; may be given several times: HOST:PORT, [V6]:PORT or unix:PATH, "
             "port 0 picks a free one",
     .set = set_list<kServe, &ServeOptions::listen, find_listen_fault>},
    {.command = Command::serve,
     .kind = ValueKind::one,
     .flag = "--store",
     .value = "URL",
     .key = "store",
     .environment = "VELA_LOGS_STORE",
     .fallback = "./vela-logs.db",
     .example = "sqlite:/var/lib/vela-logs/vela-logs.db",
     .help = "Keep the logs here: sqlite:PATH or a path",
     .set = set_text<kServe, &ServeOptions::store, find_store_fault>},
    {.command = Command::serve,
     .kind = ValueKind::one,
     .flag = "--flush-interval",
     .value = "DUR",
     .key = "flush_interval",
     .environment = "VELA_LOGS_FLUSH_INTERVAL",
     .fallback = "1s",
     .example = "1s",
     .help = "Commit what came to the store this often, sooner when somebody waits for it",
     .set = set_duration<kServe, &ServeOptions::flush_interval>,
     .least = 1ms,
     .most = 1min},
    {.command = Command::serve,
     .kind = ValueKind::flag,
     .flag = "--check-config",
     .help = "Say whether the configuration is good, and exit",
     .set = set_flag<kServe, &ServeOptions::check_config>},
    {.command = Command::serve,
     .kind = ValueKind::one,
     .flag = "--log-level",
     .value = "trace|debug|info|warning|error",
     .key = "log.level",
     .environment = "VELA_LOGS_LOG_LEVEL",
     .fallback = "info",
     .example = "info",
     .help = "Say on standard error what is at least so grave; debug has a line for each request",
     .set = set_choice<kServe, &ServeOptions::log_level>},
    {.command = Command::serve,
     .kind = ValueKind::one,
     .flag = "--log-format",
     .value = "auto|text|json|journald",
     .key = "log.format",
     .environment = "VELA_LOGS_LOG_FORMAT",
     .fallback = "auto",
     .example = "auto",
     .help = "How: text; json, an object a line; journald, with priorities; auto is journald when "
             "standard error is the journal, else text",
     .set = set_choice<kServe, &ServeOptions::log_format>},

    server_row(Command::run_step,
               "Send the output to this server: http://…, https://… or unix:PATH",
               set_server_of<kRunStep, &RunStepOptions::server>),
    token_file_row(Command::run_step, set_text<kRunStep, &RunStepOptions::token_file, find_empty>),
    token_row(Command::run_step, set_text<kRunStep, &RunStepOptions::token, find_empty>),
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--log",
     .value = "LOG",
     .environment = "VELA_LOGS_LOG",
     .example = "octocat/hello/42/steps/3",
     .help = "Write this log: ORG/REPO/BUILD/steps/N or …/services/N",
     .set = set_text<kRunStep, &RunStepOptions::log, find_empty>},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--name",
     .value = "NAME",
     .environment = "VELA_LOGS_NAME VELA_STEP_NAME",
     .example = "build",
     .help = "The step's name, for those who watch",
     .set = set_text<kRunStep, &RunStepOptions::name, no_fault>},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--method",
     .value = "auto|stream|websocket|append|time-chunks|byte-chunks",
     .environment = "VELA_LOGS_METHOD",
     .fallback = "auto",
     .example = "auto",
     .help = "auto: at once, down an open request where the way to the server is shown to carry "
             "it, else in short appends; stream, append: always the one or the other; websocket: "
             "at once, in messages; time-chunks: every --flush-interval; byte-chunks: when more "
             "than --flush-bytes are there",
     .set = set_choice<kRunStep, &RunStepOptions::method>},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--flush-interval",
     .value = "DUR",
     .environment = "VELA_LOGS_FLUSH_INTERVAL",
     .example = "1s",
     .help = "With --method time-chunks: gather output this long (1s); with append: the pause "
             "between two appends, instead of the server's",
     .set = set_duration<kRunStep, &RunStepOptions::flush_interval>,
     .least = 1ms,
     .most = 1min},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--flush-bytes",
     .value = "SIZE",
     .environment = "VELA_LOGS_FLUSH_BYTES",
     .example = "1000",
     .help = "With --method byte-chunks: send when more than this is there (1000)",
     .set = set_size<kRunStep, &RunStepOptions::flush_bytes, 1, kMostFlushBytes>},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--grace",
     .value = "DUR",
     .environment = "VELA_LOGS_GRACE",
     .fallback = "10s",
     .example = "10s",
     .help = "How long the command has from SIGTERM to SIGKILL",
     .set = set_duration<kRunStep, &RunStepOptions::grace>,
     .most = kLongestWait},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--drain-timeout",
     .value = "DUR",
     .environment = "VELA_LOGS_DRAIN_TIMEOUT",
     .fallback = "60s",
     .example = "60s",
     .help = "How long to go on sending when the command has ended",
     .set = set_duration<kRunStep, &RunStepOptions::drain_timeout>,
     .most = kLongestWait},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--spool-dir",
     .value = "DIR",
     .environment = "VELA_LOGS_SPOOL_DIR",
     .example = "/var/lib/vela-logs/spool",
     .help = "Keep output that is not delivered yet here; by default below $XDG_STATE_HOME or "
             "~/.local/state, for root in /var/lib/vela-logs/spool",
     .set = set_text<kRunStep, &RunStepOptions::spool_dir, find_empty>},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--spool-limit",
     .value = "SIZE",
     .environment = "VELA_LOGS_SPOOL_LIMIT",
     .fallback = "1GiB",
     .example = "1GiB",
     .help = "Keep at most this much of one log there, 4MiB or more",
     .set = set_size<kRunStep, &RunStepOptions::spool_limit, kLeastSpoolLimit, kMostSpoolLimit>},
    {.command = Command::run_step,
     .kind = ValueKind::one,
     .flag = "--when-full",
     .value = "block|drop|fail",
     .environment = "VELA_LOGS_WHEN_FULL",
     .fallback = "block",
     .example = "block",
     .help = "When that is full: let the command wait, drop its output and say so in the log, or "
             "stop the command and exit with 1",
     .set = set_choice<kRunStep, &RunStepOptions::when_full>},
    {.command = Command::run_step,
     .kind = ValueKind::flag,
     .flag = "--resume",
     .help = "Run nothing: deliver and seal what runs that died have left",
     .set = set_flag<kRunStep, &RunStepOptions::resume>},
    {.command = Command::run_step,
     .kind = ValueKind::flag,
     .flag = "--end-build",
     .environment = "VELA_LOGS_END_BUILD",
     .help = "This is the build's last step: close the build when it has ended",
     .set = set_flag<kRunStep, &RunStepOptions::end_build>},
    {.command = Command::run_step,
     .kind = ValueKind::flag,
     .flag = "--quiet",
     .environment = "VELA_LOGS_QUIET",
     .help = "Do not pass the output on to standard output and standard error",
     .set = set_flag<kRunStep, &RunStepOptions::quiet>},
    {.command = Command::run_step,
     .kind = ValueKind::flag,
     .flag = "--strict",
     .environment = "VELA_LOGS_STRICT",
     .help = "Exit with 75 when the log could not be delivered",
     .set = set_flag<kRunStep, &RunStepOptions::strict>},
    {.command = Command::run_step,
     .kind = ValueKind::flag,
     .flag = "--verbose",
     .short_flag = "-v",
     .environment = "VELA_LOGS_VERBOSE",
     .help = "Say on standard error what is done",
     .set = set_flag<kRunStep, &RunStepOptions::verbose>},

    {.command = Command::tail,
     .kind = ValueKind::positional,
     .flag = "LOG",
     .environment = "VELA_LOGS_LOG",
     .example = "octocat/hello/42/steps/3",
     .help = "ORG/REPO/BUILD, ORG/REPO/BUILD/steps/N, …/services/N, or a link from Vela's page",
     .set = set_text<kTail, &TailOptions::log, find_empty>},
    server_row(Command::tail, "Read from this server: http://…, https://… or unix:PATH",
               set_server_of<kTail, &TailOptions::server>),
    token_file_row(Command::tail, set_text<kTail, &TailOptions::token_file, find_empty>),
    token_row(Command::tail, set_text<kTail, &TailOptions::token, find_empty>),
    {.command = Command::tail,
     .kind = ValueKind::one,
     .flag = "-n",
     .value = "N|all",
     .environment = "VELA_LOGS_LINES",
     .fallback = "all",
     .example = "10",
     .help = "Begin with the last N lines",
     .set = set_last_lines},
    {.command = Command::tail,
     .kind = ValueKind::flag,
     .flag = "--follow",
     .short_flag = "-f",
     .help = "Show what comes until the log has ended; this is the default",
     .set = set_flag<kTail, &TailOptions::follow>},
    {.command = Command::tail,
     .kind = ValueKind::flag,
     .flag = "--no-follow",
     .environment = "VELA_LOGS_NO_FOLLOW",
     .help = "Show what is there and exit",
     .set = set_flag<kTail, &TailOptions::follow, /*negates=*/true>},
    {.command = Command::tail,
     .kind = ValueKind::flag,
     .flag = "--timestamps",
     .short_flag = "-t",
     .environment = "VELA_LOGS_TIMESTAMPS",
     .help = "Begin each line with its time",
     .set = set_flag<kTail, &TailOptions::timestamps>},
    {.command = Command::tail,
     .kind = ValueKind::one,
     .flag = "--time-form",
     .value = "clock|iso|elapsed|delta|delay",
     .fallback = "clock",
     .example = "clock",
     .help = "Which time: of the day, in UTC, since the log began, since the line before, or from "
             "written to shown; implies -t",
     .set = set_time_form},
    {.command = Command::tail,
     .kind = ValueKind::flag,
     .flag = "--raw",
     .help = "Write the stored bytes of one log unchanged, to a terminal too",
     .set = set_flag<kTail, &TailOptions::raw>},
    {.command = Command::tail,
     .kind = ValueKind::one,
     .flag = "--color",
     .value = "auto|always|never",
     .environment = "VELA_LOGS_COLOR",
     .fallback = "auto",
     .example = "auto",
     .help =
         "Colours of names and times, on a terminal or always; never: the log's go too, as with "
         "auto when $NO_COLOR is set",
     .set = set_choice<kTail, &TailOptions::color>},
    {.command = Command::tail,
     .kind = ValueKind::flag,
     .flag = "--exit-status",
     .environment = "VELA_LOGS_EXIT_STATUS",
     .help = "Exit with the step's exit code; of a build with the first that is not 0",
     .set = set_flag<kTail, &TailOptions::exit_status>},
    {.command = Command::tail,
     .kind = ValueKind::one,
     .flag = "--lost-timeout",
     .value = "DUR",
     .environment = "VELA_LOGS_LOST_TIMEOUT",
     .fallback = "5m",
     .example = "5m",
     .help = "Wait this long for a writer that is not heard any more, then exit with 3",
     .set = set_duration<kTail, &TailOptions::lost_timeout>,
     .most = kLongestWait},
};

constexpr std::array kCommands{
    CommandRow{Command::serve, "serve", "[OPTIONS]", "Take logs, keep them and show them"},
    CommandRow{Command::run_step, "run-step", "[OPTIONS] [-- COMMAND [ARG]...]",
               "Run a command and send its output; without a command, standard input"},
    CommandRow{Command::tail, "tail", "[OPTIONS] LOG", "Show a log, or all logs of a build, live"},
};

}  // namespace

std::span<const OptionRow> option_table() { return kTable; }

std::vector<const OptionRow*> rows_of(Command command) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : kTable)
    if (row.command == command) rows.push_back(&row);
  return rows;
}

std::span<const CommandRow> command_table() { return kCommands; }

const CommandRow& row_of(Command command) {
  for (const CommandRow& row : kCommands)
    if (row.command == command) return row;
  VELA_ASSERT(false);
}

}  // namespace vela::config
