#include <chrono>

#include "core/api/metrics.hpp"

namespace vela::api {
namespace {

double number(std::uint64_t count) { return static_cast<double>(count); }

double seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) * kMicrosecond;
}

}  // namespace

void put_retention_metrics(MetricFamilies& out, const hub::Retention& retention) {
  const hub::RetentionTotals& totals = retention.totals();
  const auto reasons = {hub::RetentionReason::age, hub::RetentionReason::builds,
                        hub::RetentionReason::bytes};
  auto logs = out.add_counters("vela_logs_retention_deleted_logs_total",
                               "Logs that retention deleted, by the limit that said so");
  for (const hub::RetentionReason reason : reasons)
    logs.add({{"reason", hub::to_string(reason)}},
             number(totals.deleted[static_cast<std::size_t>(reason)].logs));
  auto bytes = out.add_counters("vela_logs_retention_deleted_bytes_total",
                                "Bytes of those logs, as they were read");
  for (const hub::RetentionReason reason : reasons)
    bytes.add({{"reason", hub::to_string(reason)}},
              number(totals.deleted[static_cast<std::size_t>(reason)].bytes));
  out.add_counter("vela_logs_retention_forgotten_logs_total",
                  "Deleted logs of which nothing is known any more", number(totals.forgotten));
  out.add_counter("vela_logs_retention_passes_total", "Passes that came to their end",
                  number(totals.passes));
  out.add_counter("vela_logs_retention_failed_passes_total",
                  "Passes that failed; they are tried again", number(totals.failed_passes));
  out.add_gauge(
      "vela_logs_retention_last_pass_timestamp_seconds",
      "When the last pass began, since 1970; 0 before the first",
      totals.last_pass ? number(base::to_unix_micros(*totals.last_pass)) * kMicrosecond : 0);
  out.add_gauge("vela_logs_retention_last_pass_duration_seconds", "How long the last pass took",
                seconds(totals.last_duration));
}

}  // namespace vela::api
