#include <cstdint>
#include <limits>

#include "core/base/number.hpp"
#include "core/config/address.hpp"
#include "core/config/option_rows.hpp"
#include "core/config/option_values.hpp"

namespace vela::config {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto kServe = &AllOptions::serve;

// Whoever restarts a server does not wait longer.
constexpr std::chrono::microseconds kLongestShutdown = 1h;
// As good as for ever, and far from the clock's own end.
constexpr std::chrono::microseconds kLongestKept = 24h * 365 * 100;
constexpr std::uint64_t kAnySize = std::numeric_limits<std::uint64_t>::max();

Fault set_config_file(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  if (Fault fault = find_empty(values.back())) return fault;
  options.config_file = values.back();
  return {};
}

Fault set_max_builds(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  const std::string& text = values.back();
  const auto builds = base::parse_number(text);
  if (!builds)
    return "'" + text + "' is not a number of builds; write for example 50, or 0 for no limit";
  options.serve.retention_max_builds = *builds;
  return {};
}

constexpr OptionRow kRows[] = {
    {.kind = ValueKind::one,
     .flag = "--config",
     .value = "FILE",
     .environment = "VELA_LOGS_CONFIG",
     .example = "/etc/vela-logs/vela-logs.toml",
     .brief = "Read the configuration from this file",
     .help = "Read the configuration from this file",
     .set = set_config_file},
    {.kind = ValueKind::many,
     .flag = "--listen",
     .value = "ADDR",
     .key = "listen",
     .environment = "VELA_LOGS_LISTEN",
     .fallback = "127.0.0.1:8080",
     .example = "127.0.0.1:8080",
     .brief = "Listen here: HOST:PORT or unix:PATH",
     .help = "Listen here; may be given several times (in the variable, with commas between): "
             "HOST:PORT, [V6]:PORT or unix:PATH, port 0 picks a free one",
     .set = set_list<kServe, &ServeOptions::listen, find_listen_fault>},
    {.kind = ValueKind::one,
     .flag = "--store",
     .value = "URL",
     .key = "store",
     .environment = "VELA_LOGS_STORE",
     .fallback = "./vela-logs.db",
     .example = "sqlite:/var/lib/vela-logs/vela-logs.db",
     .brief = "Keep the logs here",
     .help = "Keep the logs here: sqlite:PATH or a path",
     .set = set_text<kServe, &ServeOptions::store, find_store_fault>},
    {.kind = ValueKind::one,
     .flag = "--flush-interval",
     .value = "DUR",
     .key = "flush_interval",
     .environment = "VELA_LOGS_FLUSH_INTERVAL",
     .fallback = "1s",
     .example = "1s",
     .brief = "Commit what came this often",
     .help = "Commit what came to the store this often, sooner when somebody waits for it",
     .set = set_duration<kServe, &ServeOptions::flush_interval>,
     .least = 1ms,
     .most = 1min},
    {.kind = ValueKind::flag,
     .flag = "--show-config",
     .brief = "Print every value and where it comes from",
     .help = "Print every value, as a configuration file with where each comes from, and exit",
     .set = set_flag<kServe, &ServeOptions::show_config>},
    {.kind = ValueKind::flag,
     .flag = "--sample-config",
     .brief = "Print a commented configuration file",
     .help = "Print a configuration file with every key, its default and what it does, and exit",
     .set = set_flag<kServe, &ServeOptions::sample_config>},
    {.kind = ValueKind::flag,
     .flag = "--check-config",
     .brief = "Say whether the configuration is good",
     .help = "Say whether the configuration is good, and exit",
     .set = set_flag<kServe, &ServeOptions::check_config>},
    {.kind = ValueKind::one,
     .flag = "--log-level",
     .value = "trace|debug|info|warning|error",
     .key = "log.level",
     .environment = "VELA_LOGS_LOG_LEVEL",
     .fallback = "info",
     .example = "info",
     .brief = "Say what is at least so grave",
     .help = "Say on standard error what is at least so grave; debug has a line for each request",
     .set = set_choice<kServe, &ServeOptions::log_level>,
     .is_reloadable = true},
    {.kind = ValueKind::one,
     .flag = "--log-format",
     .value = "auto|text|json|journald",
     .key = "log.format",
     .environment = "VELA_LOGS_LOG_FORMAT",
     .fallback = "auto",
     .example = "auto",
     .help = "How: text; json, an object a line; journald, with priorities; auto is journald when "
             "standard error is the journal, else text",
     .set = set_choice<kServe, &ServeOptions::log_format>},
    {.kind = ValueKind::one,
     .flag = "--backup-to",
     .value = "FILE",
     .example = "/var/backups/vela-logs.db",
     .brief = "Copy the store to this new file, and exit",
     .help = "Do not serve: copy the store to this new file, beside a server that works on it, "
             "check the copy, and exit",
     .set = set_text<kServe, &ServeOptions::backup_to, find_empty>},
    {.kind = ValueKind::one,
     .flag = "--shutdown-delay",
     .value = "DUR",
     .key = "shutdown.delay",
     .environment = "VELA_LOGS_SHUTDOWN_DELAY",
     .fallback = "0",
     .example = "10s",
     .help = "When told to end, say so in /health and go on this long, so that load balancers "
             "turn to another server first",
     .set = set_duration<kServe, &ServeOptions::shutdown_delay>,
     .is_reloadable = true,
     .most = kLongestShutdown},
    {.kind = ValueKind::one,
     .flag = "--shutdown-grace",
     .value = "DUR",
     .key = "shutdown.grace",
     .environment = "VELA_LOGS_SHUTDOWN_GRACE",
     .fallback = "1s",
     .example = "1s",
     .help = "Then take no new requests and give those in progress this long",
     .set = set_duration<kServe, &ServeOptions::shutdown_grace>,
     .is_reloadable = true,
     .most = kLongestShutdown},
    {.kind = ValueKind::one,
     .flag = "--shutdown-limit",
     .value = "DUR",
     .key = "shutdown.limit",
     .environment = "VELA_LOGS_SHUTDOWN_LIMIT",
     .fallback = "60s",
     .example = "60s",
     .help = "Then store what came; what is not stored after this long is named, and the exit code "
             "is 1",
     .set = set_duration<kServe, &ServeOptions::shutdown_limit>,
     .is_reloadable = true,
     .least = 1s,
     .most = kLongestShutdown},
    {.kind = ValueKind::one,
     .flag = "--health-free-space",
     .value = "SIZE",
     .key = "health.free_space",
     .environment = "VELA_LOGS_HEALTH_FREE_SPACE",
     .fallback = "256MiB",
     .example = "256MiB",
     .help = "Be degraded in /health when the file system of the store has less left; 0 for never",
     .set = set_size<kServe, &ServeOptions::health_free_space, 0, kAnySize>},
    {.kind = ValueKind::one,
     .flag = "--retention-max-age",
     .value = "DUR",
     .key = "retention.max_age",
     .environment = "VELA_LOGS_RETENTION_MAX_AGE",
     .fallback = "0",
     .example = "90d",
     .help = "Delete logs that have ended when their last byte is older; 0 for no limit",
     .set = set_duration<kServe, &ServeOptions::retention_max_age>,
     .is_reloadable = true,
     .most = kLongestKept},
    {.kind = ValueKind::one,
     .flag = "--retention-max-bytes",
     .value = "SIZE",
     .key = "retention.max_bytes",
     .environment = "VELA_LOGS_RETENTION_MAX_BYTES",
     .fallback = "0",
     .example = "100GiB",
     .help = "Delete the oldest logs that have ended when all together are larger, not "
             "compressed; 0 for no limit",
     .set = set_size<kServe, &ServeOptions::retention_max_bytes, 0, kAnySize>,
     .is_reloadable = true},
    {.kind = ValueKind::one,
     .flag = "--retention-max-builds-per-repo",
     .value = "N",
     .key = "retention.max_builds_per_repo",
     .environment = "VELA_LOGS_RETENTION_MAX_BUILDS_PER_REPO",
     .fallback = "0",
     .example = "200",
     .help = "Keep the logs of this many builds of a repository, those with the highest numbers; "
             "0 for no limit",
     .set = set_max_builds,
     .is_reloadable = true},
    {.kind = ValueKind::many,
     .flag = "--retention-exempt",
     .value = "PATTERN",
     .key = "retention.exempt",
     .environment = "VELA_LOGS_RETENTION_EXEMPT",
     .example = "octocat/hello/*",
     .help = "Never delete the logs whose ORG/REPO/BUILD/steps/N matches this; * stands for any "
             "text; may be given several times (in the variable, with commas between)",
     .set = set_list<kServe, &ServeOptions::retention_exempt, find_empty>,
     .is_reloadable = true},
    {.kind = ValueKind::one,
     .flag = "--retention-interval",
     .value = "DUR",
     .key = "retention.interval",
     .environment = "VELA_LOGS_RETENTION_INTERVAL",
     .fallback = "10m",
     .example = "10m",
     .help = "Look this often for what is to be deleted",
     .set = set_duration<kServe, &ServeOptions::retention_interval>,
     .is_reloadable = true,
     .least = 1s,
     .most = 24h},
    {.kind = ValueKind::flag,
     .flag = "--retention-dry-run",
     .brief = "Print what retention would delete now",
     .help = "Do not serve: print what retention would delete now from the store, beside a server "
             "that works on it, and exit",
     .set = set_flag<kServe, &ServeOptions::retention_dry_run>},
};

}  // namespace

std::span<const OptionRow> serve_rows() { return kRows; }

}  // namespace vela::config
