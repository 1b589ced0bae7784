#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/store/log_store.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/journal_index.hpp"
#include "core/store/sqlite/writer.hpp"

namespace vela::store::sqlite {

// What an eraser has done; read by any thread.
struct SpaceCounts {
  std::atomic<std::uint64_t> logs_erased = 0;
  std::atomic<std::uint64_t> bytes_given_back = 0;
  std::atomic<std::size_t> logs_to_erase = 0;

  [[nodiscard]] SpaceTotals load() const { return {logs_erased, bytes_given_back, logs_to_erase}; }
};

// Removes the frames of logs that are void, then cuts free pages off the file's end, moving those
// that are in use. Their rows of the journal are the sweep's; until it has come past them the key
// stays in `erasures`, so that a restart knows what they are. Interrupted at any point, it goes on.
//
// Executor: that of the writer whose tables it uses.
// Limits:   a step ends after some milliseconds, and at once when a commit waits. How large a log is
//           does not matter: a step ends between any two frames, or any two pages.
class Eraser {
 public:
  // `kept_free_bytes`: free space that stays in the file, for the journal to grow into.
  Eraser(Database& database, JournalIndex& index, Writer& writer, SpaceCounts& counts,
         const std::atomic<int>& commits_waiting, std::uint64_t kept_free_bytes);

  // What an earlier process left.
  [[nodiscard]] Result<void> load();
  // The keys were made void by a commit.
  void add(const std::vector<LogKey>& voided);

  // One transaction. True when there is more to do at once.
  [[nodiscard]] Result<bool> step();

 private:
  [[nodiscard]] bool has_time(base::SteadyTime until) const;
  [[nodiscard]] Result<void> erase();
  // True when the log has no frame any more.
  [[nodiscard]] Result<bool> remove_frames(LogKey key, base::SteadyTime until);
  [[nodiscard]] Result<void> give_back();
  [[nodiscard]] Result<std::int64_t> count_free_pages();
  // At most `most` pages; the answer is how many.
  [[nodiscard]] Result<std::int64_t> cut_off(std::int64_t most, base::SteadyTime until);

  Database& database_;
  JournalIndex& index_;
  Writer& writer_;
  SpaceCounts& counts_;
  const std::atomic<int>& commits_waiting_;
  const std::uint64_t kept_free_bytes_;
  Statement count_free_;
  Statement cut_off_;

  std::int64_t page_size_ = 0;
  std::deque<LogKey> queue_;
  bool may_give_back_ = true;
  RowId journal_begin_ = 0;  // as it was at the last step
};

}  // namespace vela::store::sqlite
