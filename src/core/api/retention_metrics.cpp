#include <chrono>

#include "core/api/metrics.hpp"

namespace vela::api {
namespace {

double seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) * kMicrosecond;
}

void put_deleted(MetricFamilies& out, const hub::HubCounts& counts,
                 const hub::RetentionTotals& totals) {
  auto logs = out.add_counters("vela_logs_retention_deleted_logs_total",
                               "Logs that were deleted, by the limit that said so or by request");
  for (const hub::RetentionReason reason : hub::kAllRetentionReasons)
    logs.add({{"reason", hub::to_string(reason)}},
             number(totals.deleted[static_cast<std::size_t>(reason)].logs));
  logs.add({{"reason", "request"}}, number(counts.removed_logs));
  auto bytes = out.add_counters("vela_logs_retention_deleted_bytes_total",
                                "Bytes of those logs, as they were read");
  for (const hub::RetentionReason reason : hub::kAllRetentionReasons)
    bytes.add({{"reason", hub::to_string(reason)}},
              number(totals.deleted[static_cast<std::size_t>(reason)].bytes));
  bytes.add({{"reason", "request"}}, number(counts.removed_bytes));
}

void put_erased(MetricFamilies& out, const store::SpaceTotals& space) {
  out.add_counter("vela_logs_retention_erased_logs_total",
                  "Deleted logs whose bytes were erased from the store", number(space.logs_erased));
  out.add_counter("vela_logs_retention_given_back_bytes_total",
                  "Bytes that the store's file has given back to its file system",
                  number(space.bytes_given_back));
  out.add_gauge("vela_logs_retention_logs_to_erase", "Deleted logs that are still to be erased",
                number(space.logs_to_erase));
}

}  // namespace

void put_retention_metrics(MetricFamilies& out, const hub::LogHub& hub,
                           const hub::Retention& retention) {
  const hub::RetentionTotals& totals = retention.totals();
  put_deleted(out, hub.counts(), totals);
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
  put_erased(out, hub.store_space());
}

}  // namespace vela::api
