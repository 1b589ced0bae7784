#pragma once

#include <span>
#include <vector>

#include "core/base/error.hpp"
#include "core/store/chunk_codec.hpp"
#include "core/store/chunk_packer.hpp"
#include "core/store/log_store.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/erasure_table.hpp"
#include "core/store/sqlite/frame_table.hpp"
#include "core/store/sqlite/journal_index.hpp"
#include "core/store/sqlite/journal_table.hpp"
#include "core/store/sqlite/log_table.hpp"
#include "core/store/sqlite/store_tally.hpp"

namespace vela::store::sqlite {

// Puts batches into the store through the one connection that writes.
//
// Executor: one thread at a time, which must be the only one that writes to the file.
class Writer {
 public:
  // `database` has its schema; `index` is filled by load_index() and kept in step by commit().
  // The same holds for `tally` and load_tally().
  Writer(Database& database, JournalIndex& index, StoreTally& tally);

  // Reads the journal through. Errors: corrupt, when a log's rows leave a hole.
  [[nodiscard]] Result<void> load_index();

  // Counts the logs that have ended.
  [[nodiscard]] Result<void> load_tally();

  [[nodiscard]] Result<void> commit(const std::vector<BatchItem>& batch);

  [[nodiscard]] LogTable& logs() { return logs_; }
  [[nodiscard]] JournalTable& journal() { return journal_; }
  [[nodiscard]] FrameTable& frames() { return frames_; }
  [[nodiscard]] ErasureTable& erasures() { return erasures_; }
  [[nodiscard]] ChunkCodec& codec() { return packer_.codec(); }

 private:
  // What the row of a log says and said.
  struct StateChange {
    std::optional<logs::LogState> before;
    std::optional<logs::LogState> after;  // nothing: it is deleted
  };

  using Rows = std::span<const ChunkPacker::Row>;

  // What `item` will change, before it does.
  [[nodiscard]] Result<void> note_states(const BatchItem& item, std::vector<StateChange>& states);
  [[nodiscard]] Result<void> mark_voided(const BatchItem& item);
  // `rows` are the item's slices, the next that `packed` will give.
  [[nodiscard]] Result<JournalChange> write(const BatchItem& item, Rows rows,
                                            ChunkPacker::Run& packed, RowId& next_row);
  [[nodiscard]] Result<void> append(const BatchItem& item, Rows rows, ChunkPacker::Run& packed,
                                    RowId& next_row, JournalChange& change);
  [[nodiscard]] Result<LogPosition> load_position(const BatchItem& item);

  Database& database_;
  JournalIndex& index_;
  StoreTally& tally_;
  LogTable logs_;
  JournalTable journal_;
  ChunkPacker packer_;
  FrameTable frames_;
  ErasureTable erasures_;
};

}  // namespace vela::store::sqlite
