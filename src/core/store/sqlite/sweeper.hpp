#pragma once

#include <vector>

#include "core/base/error.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/journal_index.hpp"
#include "core/store/sqlite/writer.hpp"

namespace vela::store::sqlite {

// Moves the oldest rows of the journal into frames, then deletes them by their range, which costs
// little however many logs are mixed in it. Between the two a row is in both places; the log's
// `framed` says that the frame counts. Interrupted at any point, it begins anew.
//
// Executor: that of the writer whose tables it uses.
class Sweeper {
 public:
  Sweeper(Database& database, JournalIndex& index, Writer& writer)
      : database_(database), index_(index), writer_(writer) {}

  // One transaction of a few milliseconds. True when there is more to do at once.
  [[nodiscard]] Result<bool> step();

 private:
  // What a transaction may still take on.
  struct Budget {
    std::size_t logs = 0;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] Result<void> move_logs();
  [[nodiscard]] Result<bool> move_rows(LogKey key, Budget& budget, RowId& moved_to);
  [[nodiscard]] Result<void> write_frames(LogKey key, const std::vector<JournalRow>& rows);
  [[nodiscard]] Result<void> remember_position(LogKey key, const JournalRow& last);
  [[nodiscard]] Result<void> delete_rows();

  Database& database_;
  JournalIndex& index_;
  Writer& writer_;
  RowId last_ = 0;               // rows up to here leave the journal; 0: nothing planned
  std::vector<LogKey> pending_;  // logs that may still have rows up to last_
};

}  // namespace vela::store::sqlite
