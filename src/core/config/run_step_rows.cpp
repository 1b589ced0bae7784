#include <limits>

#include "core/config/client_rows.hpp"
#include "core/config/option_rows.hpp"
#include "core/config/option_values.hpp"

namespace vela::config {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;

constexpr auto kRunStep = &AllOptions::run_step;

// Less could not be given back piece by piece.
constexpr std::uint64_t kLeastSpoolLimit = 4 * 1024 * 1024;
constexpr std::uint64_t kMostSpoolLimit = std::numeric_limits<std::uint64_t>::max();
// What one append carries.
constexpr std::uint64_t kMostFlushBytes = 256 * 1024;

Fault no_fault(std::string_view /*text*/) { return {}; }

constexpr OptionRow kRows[] = {
    server_row("Send the output to this server: http://…, https://… or unix:PATH",
               set_server_of<kRunStep, &RunStepOptions::server>),
    token_file_row(set_text<kRunStep, &RunStepOptions::token_file, find_empty>),
    token_row(set_text<kRunStep, &RunStepOptions::token, find_empty>),
    {.kind = ValueKind::one,
     .flag = "--log",
     .value = "LOG",
     .environment = "VELA_LOGS_LOG",
     .example = "octocat/hello/42/steps/3",
     .brief = "ORG/REPO/BUILD/steps/N or …/services/N",
     .help = "Write this log: ORG/REPO/BUILD/steps/N or …/services/N",
     .set = set_text<kRunStep, &RunStepOptions::log, find_empty>},
    {.kind = ValueKind::one,
     .flag = "--name",
     .value = "NAME",
     .environment = "VELA_LOGS_NAME VELA_STEP_NAME",
     .example = "build",
     .brief = "The step's name, for those who watch",
     .help = "The step's name, for those who watch",
     .set = set_text<kRunStep, &RunStepOptions::name, no_fault>},
    {.kind = ValueKind::one,
     .flag = "--method",
     .value = "auto|stream|websocket|append|time-chunks|byte-chunks",
     .environment = "VELA_LOGS_METHOD",
     .fallback = "auto",
     .example = "auto",
     .brief = "auto, stream, websocket, append, time-chunks or byte-chunks",
     .help = "auto: at once, down an open request where the way to the server is shown to carry "
             "it, else in short appends; stream, append: always the one or the other; websocket: "
             "at once, in messages; time-chunks: every --flush-interval; byte-chunks: when more "
             "than --flush-bytes are there",
     .set = set_choice<kRunStep, &RunStepOptions::method>},
    {.kind = ValueKind::one,
     .flag = "--flush-interval",
     .value = "DUR",
     .environment = "VELA_LOGS_FLUSH_INTERVAL",
     .example = "1s",
     .help = "With --method time-chunks: gather output this long (1s); with append: the pause "
             "between two appends, instead of the server's",
     .set = set_duration<kRunStep, &RunStepOptions::flush_interval>,
     .least = 1ms,
     .most = 1min},
    {.kind = ValueKind::one,
     .flag = "--flush-bytes",
     .value = "SIZE",
     .environment = "VELA_LOGS_FLUSH_BYTES",
     .example = "1000",
     .help = "With --method byte-chunks: send when more than this is there (1000)",
     .set = set_size<kRunStep, &RunStepOptions::flush_bytes, 1, kMostFlushBytes>},
    {.kind = ValueKind::one,
     .flag = "--grace",
     .value = "DUR",
     .environment = "VELA_LOGS_GRACE",
     .fallback = "10s",
     .example = "10s",
     .help = "How long the command has from SIGTERM to SIGKILL",
     .set = set_duration<kRunStep, &RunStepOptions::grace>,
     .most = kLongestWait},
    {.kind = ValueKind::one,
     .flag = "--drain-timeout",
     .value = "DUR",
     .environment = "VELA_LOGS_DRAIN_TIMEOUT",
     .fallback = "60s",
     .example = "60s",
     .brief = "Go on sending this long after the end",
     .help = "How long to go on sending when the command has ended",
     .set = set_duration<kRunStep, &RunStepOptions::drain_timeout>,
     .most = kLongestWait},
    {.kind = ValueKind::one,
     .flag = "--spool-dir",
     .value = "DIR",
     .environment = "VELA_LOGS_SPOOL_DIR",
     .example = "/var/lib/vela-logs/spool",
     .help = "Keep output that is not delivered yet here; by default below $XDG_STATE_HOME or "
             "~/.local/state, for root in /var/lib/vela-logs/spool",
     .set = set_text<kRunStep, &RunStepOptions::spool_dir, find_empty>},
    {.kind = ValueKind::one,
     .flag = "--spool-limit",
     .value = "SIZE",
     .environment = "VELA_LOGS_SPOOL_LIMIT",
     .fallback = "1GiB",
     .example = "1GiB",
     .help = "Keep at most this much of one log there, 4MiB or more",
     .set = set_size<kRunStep, &RunStepOptions::spool_limit, kLeastSpoolLimit, kMostSpoolLimit>},
    {.kind = ValueKind::one,
     .flag = "--when-full",
     .value = "block|drop|fail",
     .environment = "VELA_LOGS_WHEN_FULL",
     .fallback = "block",
     .example = "block",
     .brief = "What to do when the spool is full",
     .help = "When that is full: let the command wait, drop its output and say so in the log, or "
             "stop the command and exit with 1",
     .set = set_choice<kRunStep, &RunStepOptions::when_full>},
    {.kind = ValueKind::flag,
     .flag = "--resume",
     .brief = "Deliver what runs that died have left",
     .help = "Run nothing: deliver and seal what runs that died have left",
     .set = set_flag<kRunStep, &RunStepOptions::resume>},
    {.kind = ValueKind::one,
     .flag = "--print-spool",
     .value = "FILE",
     .example = "/var/lib/vela-logs/spool/0123456789abcdef0123456789abcdef.spool.rejected",
     .help = "Run nothing: write the output that this spool holds to standard output",
     .set = set_text<kRunStep, &RunStepOptions::print_spool, find_empty>},
    {.kind = ValueKind::flag,
     .flag = "--end-build",
     .environment = "VELA_LOGS_END_BUILD",
     .help = "This is the build's last step: close the build when it has ended",
     .set = set_flag<kRunStep, &RunStepOptions::end_build>},
    {.kind = ValueKind::flag,
     .flag = "--quiet",
     .environment = "VELA_LOGS_QUIET",
     .brief = "Do not print the output here too",
     .help = "Do not pass the output on to standard output and standard error",
     .set = set_flag<kRunStep, &RunStepOptions::quiet>},
    {.kind = ValueKind::flag,
     .flag = "--strict",
     .environment = "VELA_LOGS_STRICT",
     .brief = "Exit with 75 when the log was not delivered",
     .help = "Exit with 75 when the log could not be delivered",
     .set = set_flag<kRunStep, &RunStepOptions::strict>},
    {.kind = ValueKind::flag,
     .flag = "--verbose",
     .short_flag = "-v",
     .environment = "VELA_LOGS_VERBOSE",
     .brief = "Say on standard error what is done",
     .help = "Say on standard error what is done",
     .set = set_flag<kRunStep, &RunStepOptions::verbose>},
};

}  // namespace

std::span<const OptionRow> run_step_rows() { return kRows; }

}  // namespace vela::config
