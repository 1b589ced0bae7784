#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/logs/offset.hpp"
#include "core/store/log_store.hpp"

namespace vela::store::sqlite {

// Number of a row of the journal. Rises with time; a number is not used again while the store is
// open, so that a reader who comes late finds nothing rather than another log's bytes.
using RowId = std::int64_t;

// Where a piece of a log lies in the journal.
struct JournalRow {
  RowId row = 0;
  logs::Offset begin = 0;
  std::uint32_t length = 0;

  [[nodiscard]] logs::Offset end() const { return begin + length; }
  friend bool operator==(const JournalRow&, const JournalRow&) = default;
};

// What one committed batch item did to the journal.
struct JournalChange {
  LogKey key = 0;
  bool is_ended = false;           // the log's state is sealed or incomplete
  std::vector<JournalRow> rows;    // added at the end
  std::uint64_t stored_bytes = 0;  // what the rows take, as packed
};

// When the journal is swept although its logs go on.
struct JournalLimits {
  std::size_t rows = 65'536;                      // 24 bytes of memory each
  std::uint64_t stored_bytes = 64 * 1024 * 1024;  // read through at start: about 0.1 s
};

// Knows where in the journal each log's bytes are, which spares the journal an index on disk.
//
// Executor: any thread; does no I/O. Changes are told after their commit: what a reader finds here
//           is in every snapshot begun later, unless it was moved to frames since.
class JournalIndex {
 public:
  explicit JournalIndex(JournalLimits limits = JournalLimits()) : limits_(limits) {}

  // The oldest row that was found at start; comes before everything else.
  void begin_at(RowId first);

  void apply(const JournalChange& change);
  // Found at start: a row that a sweep has moved already.
  void add_dead_row(RowId row, std::uint64_t stored_bytes);
  // Found at start: a row of a log that is void.
  void add_voided_row(LogKey key, RowId row, std::uint64_t stored_bytes);

  // The log's rows count for nothing from now on; they still take space. No row of it comes later.
  void on_voided(LogKey key);
  // Whether the journal may still have rows of this log that is void.
  [[nodiscard]] bool may_hold_voided(LogKey key) const;
  // The logs for which that came to an end since the last call.
  [[nodiscard]] std::vector<LogKey> take_released();

  // The last row of the log, and whether the log has ended; nothing when the journal has none.
  struct Tail {
    JournalRow last;
    bool is_ended = false;
  };
  [[nodiscard]] std::optional<Tail> find_tail(LogKey key) const;

  // The log's rows that hold bytes of [from, until), in order.
  [[nodiscard]] std::vector<JournalRow> rows_within(LogKey key, logs::Offset from,
                                                    logs::Offset until) const;

  // Every row up to and including the answer can leave the journal: all logs in it have ended, or
  // they are the older half of a journal over its limits. Nothing when there is nothing to gain.
  [[nodiscard]] std::optional<RowId> plan_sweep() const;
  [[nodiscard]] std::vector<LogKey> logs_up_to(RowId last) const;
  [[nodiscard]] std::vector<JournalRow> rows_up_to(LogKey key, RowId last) const;
  // The log's rows up to `last` are in frames now; they still take space.
  void on_moved(LogKey key, RowId last);
  // No row up to `last` is left; they took `stored_bytes`.
  void on_deleted(RowId last, std::uint64_t stored_bytes);

  // How much is left in the journal, what has settled already included.
  struct Backlog {
    std::uint64_t rows = 0;
    std::uint64_t stored_bytes = 0;
  };
  [[nodiscard]] Backlog backlog() const;

  // The oldest row there may be, and the number of the next one.
  [[nodiscard]] RowId first_row() const;
  [[nodiscard]] RowId next_row() const;

 private:
  struct LogRows {
    bool is_ended = false;
    std::vector<JournalRow> rows;  // contiguous, never empty
  };

  const JournalLimits limits_;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::unordered_map<LogKey, LogRows> logs_;
  RowId first_ = 1;
  RowId next_ = 1;
  std::uint64_t stored_bytes_ = 0;
  std::unordered_map<LogKey, RowId> voided_;  // rows up to there may be theirs
  std::vector<LogKey> released_;
};

}  // namespace vela::store::sqlite
