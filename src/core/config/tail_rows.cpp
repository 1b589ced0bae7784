#include "core/config/client_rows.hpp"
#include "core/config/option_rows.hpp"
#include "core/config/option_values.hpp"

namespace vela::config {
namespace {

constexpr auto kTail = &AllOptions::tail;

// Asking for a form of time is asking for the times.
Fault set_time_form(AllOptions& options, const OptionRow& row, const Values& values) {
  options.tail.timestamps = true;
  return set_choice<kTail, &TailOptions::time_form>(options, row, values);
}

constexpr OptionRow kRows[] = {
    {.kind = ValueKind::positional,
     .flag = "LOG",
     .environment = "VELA_LOGS_LOG",
     .example = "octocat/hello/42/steps/3",
     .brief = "ORG/REPO/BUILD, …/steps/N, or a link of Vela's page",
     .help = "ORG/REPO/BUILD, ORG/REPO/BUILD/steps/N, …/services/N, or a link from Vela's page",
     .set = set_text<kTail, &TailOptions::log, find_empty>},
    server_row("Read from this server: http://…, https://… or unix:PATH",
               set_server_of<kTail, &TailOptions::server>),
    token_file_row(set_text<kTail, &TailOptions::token_file, find_empty>),
    token_row(set_text<kTail, &TailOptions::token, find_empty>),
    {.kind = ValueKind::one,
     .flag = "-n",
     .value = "N|all",
     .environment = "VELA_LOGS_LINES",
     .fallback = "all",
     .example = "10",
     .brief = "Begin with the last N lines",
     .help = "Begin with the last N lines",
     .set = set_last_lines},
    {.kind = ValueKind::flag,
     .flag = "--follow",
     .short_flag = "-f",
     .help = "Show what comes until the log has ended; this is the default",
     .set = set_flag<kTail, &TailOptions::follow>},
    {.kind = ValueKind::flag,
     .flag = "--no-follow",
     .environment = "VELA_LOGS_NO_FOLLOW",
     .brief = "Show what is there and exit",
     .help = "Show what is there and exit",
     .set = set_flag<kTail, &TailOptions::follow, /*negates=*/true>},
    {.kind = ValueKind::flag,
     .flag = "--timestamps",
     .short_flag = "-t",
     .environment = "VELA_LOGS_TIMESTAMPS",
     .brief = "Begin each line with its time",
     .help = "Begin each line with its time",
     .set = set_flag<kTail, &TailOptions::timestamps>},
    {.kind = ValueKind::one,
     .flag = "--time-form",
     .value = "clock|iso|elapsed|delta|delay",
     .environment = "VELA_LOGS_TIME_FORM",
     .fallback = "clock",
     .example = "clock",
     .brief = "Which time; implies -t",
     .help = "Which time: of the day, in UTC, since the log began, since the line before, or from "
             "written to shown; implies -t",
     .set = set_time_form},
    {.kind = ValueKind::flag,
     .flag = "--raw",
     .brief = "The stored bytes of one log, unchanged",
     .help = "Write the stored bytes of one log unchanged, to a terminal too",
     .set = set_flag<kTail, &TailOptions::raw>},
    {.kind = ValueKind::one,
     .flag = "--color",
     .value = "auto|always|never",
     .environment = "VELA_LOGS_COLOR",
     .fallback = "auto",
     .example = "auto",
     .brief = "Colours; also off with $NO_COLOR",
     .help =
         "Colours of names and times, on a terminal or always; never: the log's go too, as with "
         "auto when $NO_COLOR is set",
     .set = set_choice<kTail, &TailOptions::color>},
    {.kind = ValueKind::flag,
     .flag = "--exit-status",
     .environment = "VELA_LOGS_EXIT_STATUS",
     .brief = "Exit with the step's exit code",
     .help = "Exit with the step's exit code; of a build with the first that is not 0",
     .set = set_flag<kTail, &TailOptions::exit_status>},
    {.kind = ValueKind::one,
     .flag = "--lost-timeout",
     .value = "DUR",
     .environment = "VELA_LOGS_LOST_TIMEOUT",
     .fallback = "5m",
     .example = "5m",
     .help = "Wait this long for a writer that is not heard any more, then exit with 3",
     .set = set_duration<kTail, &TailOptions::lost_timeout>,
     .most = kLongestWait},
};

}  // namespace

std::span<const OptionRow> tail_rows() { return kRows; }

}  // namespace vela::config
