#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/histogram.hpp"
#include "core/hub/live_log.hpp"

namespace vela::hub {

// A piece of output and what became of it.
struct Placed {
  logs::Offset at = 0;
  logs::ByteCount bytes = 0;
  logs::Offset end_before = 0;  // of the log
  logs::Offset end_after = 0;
};

// What has happened to all logs since the server began, in plain numbers: counted where it happens,
// made into metrics only when somebody asks.
//
// Executor: the hub's thread.
struct HubCounts {
  static constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::deleted) + 1;

  // `marks`: of the piece, by offsets counted from `placed.at`.
  void count_placed(const Placed& placed, const std::vector<logs::TimeMark>& marks,
                    const WriterClock& clock, Now now);
  void count(Refusal refusal) { ++refusals[static_cast<std::size_t>(refusal)]; }

  std::uint64_t received_bytes = 0;    // that were new
  std::uint64_t repeated_bytes = 0;    // that were there already
  std::uint64_t repeated_writes = 0;   // pieces that brought some of those
  std::uint64_t delivered_bytes = 0;   // of output, to readers, each reader counted
  std::uint64_t cut_writes = 0;        // requests of writers whose connection ended before them
  std::uint64_t returned_writers = 0;  // that were lost, or given up, and came back
  std::uint64_t takeovers = 0;
  std::uint64_t removed_logs = 0;                   // deleted because somebody asked for it
  std::uint64_t removed_bytes = 0;                  // of output, that those held
  std::array<std::uint64_t, kRefusals> refusals{};  // by Refusal

  std::uint64_t failed_flushes = 0;
  base::Histogram flush_time{base::kTimeBounds};
  base::Histogram flush_bytes{base::kSizeBounds};

  base::Histogram written_to_received{base::kTimeBounds};
  base::Histogram received_to_durable{base::kTimeBounds};
  base::Histogram durable_to_delivered{base::kTimeBounds};
  base::Histogram written_to_delivered{base::kTimeBounds};

  base::Histogram acknowledgement_wait{base::kTimeBounds};
  std::chrono::microseconds held_back{0};  // writers not read because they, or all, are full
};

// How things stand, found by looking at every log.
struct HubFacts {
  std::size_t live_logs = 0;        // begun and not ended
  std::size_t log_followers = 0;    // of a log, through its build too
  std::size_t build_followers = 0;  // of a build
  std::size_t pending_bytes = 0;    // memory of what is not stored
  std::size_t kept_bytes = 0;       // memory of what is stored and kept for readers
};

}  // namespace vela::hub
