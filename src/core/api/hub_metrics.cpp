#include <algorithm>
#include <string_view>

#include "core/api/metrics.hpp"

namespace vela::api {
namespace {

double seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) * kMicrosecond;
}

void put_writing(MetricFamilies& out, const hub::HubCounts& counts) {
  out.add_counter("vela_logs_received_bytes_total", "Bytes of output that came and were new",
                  number(counts.received_bytes));
  out.add_counter("vela_logs_repeated_bytes_total",
                  "Bytes of output that came and were there already",
                  number(counts.repeated_bytes));
  out.add_counter("vela_logs_repeated_writes_total",
                  "Pieces of output that began with bytes that were there already: writers that "
                  "sent again",
                  number(counts.repeated_writes));
  out.add_counter("vela_logs_cut_writes_total",
                  "Requests of writers whose connection ended before them; they come again",
                  number(counts.cut_writes));
  out.add_counter("vela_logs_returned_writers_total",
                  "Writers that had been lost for a minute or given up, and came back",
                  number(counts.returned_writers));
  out.add_counter("vela_logs_takeovers_total", "Logs that went over to another writer",
                  number(counts.takeovers));
  out.add_counter("vela_logs_held_back_seconds_total",
                  "For how long writers were not read because too much was not stored yet, all "
                  "together",
                  seconds(counts.held_back));
  out.add_histogram("vela_logs_acknowledgement_wait_seconds",
                    "How long answers waited for a commit that the writer had asked for",
                    counts.acknowledgement_wait, kMicrosecond);
}

void put_flushing(MetricFamilies& out, const hub::LogHub& hub, const hub::HubCounts& counts) {
  out.add_histogram("vela_logs_flush_duration_seconds",
                    "How long commits took, those that failed too", counts.flush_time,
                    kMicrosecond);
  out.add_histogram("vela_logs_flush_size_bytes", "How much output each commit carried",
                    counts.flush_bytes, 1);
  out.add_counter("vela_logs_failed_flushes_total", "Commits that failed; they are tried again",
                  number(counts.failed_flushes));
  out.add_gauge("vela_logs_store_failing",
                "1 while nothing is stored because the store fails or hangs, else 0",
                hub.fault() ? 1 : 0);
}

void put_lag(MetricFamilies& out, const hub::HubCounts& counts) {
  out.add_histogram("vela_logs_lag_written_to_received_seconds",
                    "From a step's write to its arrival here, of the oldest byte of each piece, by "
                    "our clock; of writers that tell their own",
                    counts.written_to_received, kMicrosecond);
  out.add_histogram("vela_logs_lag_received_to_durable_seconds",
                    "From arrival to the end of the commit, of the oldest byte of each log and "
                    "commit",
                    counts.received_to_durable, kMicrosecond);
  out.add_histogram("vela_logs_lag_durable_to_delivered_seconds",
                    "From that commit to a follower, of the oldest byte of each piece that it "
                    "gets; 0 when it is told before the commit, as usual",
                    counts.durable_to_delivered, kMicrosecond);
  out.add_histogram("vela_logs_lag_written_to_delivered_seconds",
                    "From a step's write to a follower, of the oldest byte of each piece that it "
                    "gets, by our clock; of writers that tell their own",
                    counts.written_to_delivered, kMicrosecond);
}

void put_health(MetricFamilies& out, const hub::LogHub& hub) {
  const hub::Health health = hub.health();
  auto statuses =
      out.add_gauges("vela_logs_health", "1 for what /health says now, 0 for what it does not say");
  for (const hub::HealthStatus status :
       {hub::HealthStatus::ok, hub::HealthStatus::degraded, hub::HealthStatus::draining})
    statuses.add({{"status", hub::to_string(status)}}, health.status == status);
  auto reasons = out.add_gauges("vela_logs_health_reason", "1 for each reason that /health gives");
  for (const std::string_view code : hub::kHealthCodes) {
    const bool is_given =
        std::any_of(health.reasons.begin(), health.reasons.end(),
                    [code](const hub::HealthReason& reason) { return reason.code == code; });
    reasons.add({{"reason", code}}, is_given);
  }
}

}  // namespace

void put_hub_metrics(MetricFamilies& out, const hub::LogHub& hub) {
  const hub::HubFacts facts = hub.facts();
  const store::StoreFacts store = hub.store_facts();
  const hub::HubCounts& counts = hub.counts();
  out.add_gauges("vela_logs_build_info", "1; the label says which version runs")
      .add({{"version", VELA_LOGS_VERSION}}, 1);
  put_health(out, hub);
  out.add_gauges("vela_logs_logs", "Logs that there are: live ones, and stored ones by their end")
      .add({{"state", "live"}}, number(facts.live_logs))
      .add({{"state", "sealed"}}, number(store.sealed_logs))
      .add({{"state", "incomplete"}}, number(store.incomplete_logs));
  out.add_gauges("vela_logs_followers", "Readers that follow a log, or a whole build")
      .add({{"of", "log"}}, number(facts.log_followers))
      .add({{"of", "build"}}, number(facts.build_followers));
  out.add_gauges("vela_logs_memory_bytes", "Memory by purpose")
      .add({{"purpose", "pending"}}, number(facts.pending_bytes))
      .add({{"purpose", "kept"}}, number(facts.kept_bytes))
      .add({{"purpose", "store"}}, number(store.memory_bytes));
  out.add_counter("vela_logs_delivered_bytes_total",
                  "Bytes of output that were handed to readers, as stored, for each reader",
                  number(counts.delivered_bytes));
  put_writing(out, counts);
  put_flushing(out, hub, counts);
  put_lag(out, counts);
}

void put_store_metrics(MetricFamilies& out, const hub::LogHub& hub) {
  const store::StoreFacts facts = hub.store_facts();
  out.add_counter("vela_logs_stored_bytes_total", "Bytes of output that were committed",
                  number(facts.committed_bytes));
  out.add_counter("vela_logs_stored_packed_bytes_total",
                  "What those bytes and the times beside them took, as packed",
                  number(facts.committed_packed_bytes));
  out.add_gauge("vela_logs_store_size_bytes", "Size of the store's file", number(facts.size_bytes));
  out.add_gauge("vela_logs_store_wal_size_bytes", "Size of its write-ahead log",
                number(facts.wal_bytes));
  out.add_gauge("vela_logs_store_disk_free_bytes", "What is free on its file system",
                number(facts.disk_free_bytes));
  out.add_gauge("vela_logs_store_journal_bytes",
                "Packed bytes in the journal that wait to be moved into frames",
                number(facts.journal_bytes));
  out.add_gauge("vela_logs_store_journal_rows", "Rows in the journal", number(facts.journal_rows));
  out.add_counter("vela_logs_store_failed_chores_total",
                  "Sweeps and checkpoints beside the commits that failed; they are tried again",
                  number(facts.failed_chores));
}

}  // namespace vela::api
