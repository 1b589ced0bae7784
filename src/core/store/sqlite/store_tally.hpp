#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "core/logs/log_state.hpp"
#include "core/store/log_store.hpp"

namespace vela::store::sqlite {

// What the store holds and has done, in numbers.
//
// Executor: any thread may read; the one that writes to the file changes them, after its commits.
class StoreTally {
 public:
  // Found at start.
  void begin(std::uint64_t sealed, std::uint64_t incomplete) {
    sealed_ = sealed;
    incomplete_ = incomplete;
  }
  // A log's row was written; nothing stands for no row: before it was begun, or now that it is
  // deleted.
  void on_state(std::optional<logs::LogState> before, std::optional<logs::LogState> after) {
    count(before, -1);
    count(after, 1);
  }
  void on_committed(std::uint64_t bytes, std::uint64_t packed_bytes) {
    bytes_ += bytes;
    packed_bytes_ += packed_bytes;
  }

  void put(StoreFacts& facts) const {
    facts.sealed_logs = sealed_;
    facts.incomplete_logs = incomplete_;
    facts.committed_bytes = bytes_;
    facts.committed_packed_bytes = packed_bytes_;
  }

 private:
  void count(std::optional<logs::LogState> state, std::int64_t change) {
    if (state == logs::LogState::sealed) sealed_ += static_cast<std::uint64_t>(change);
    if (state == logs::LogState::incomplete) incomplete_ += static_cast<std::uint64_t>(change);
  }

  std::atomic<std::uint64_t> sealed_{0};
  std::atomic<std::uint64_t> incomplete_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> packed_bytes_{0};
};

}  // namespace vela::store::sqlite
