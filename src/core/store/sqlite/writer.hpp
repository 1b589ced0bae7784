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

namespace vela::store::sqlite {

// Puts batches into the store through the one connection that writes.
//
// Executor: one thread at a time, which must be the only one that writes to the file.
class Writer {
 public:
  // `database` has its schema; `index` is filled by load_index() and kept in step by commit().
  Writer(Database& database, JournalIndex& index);

  // Reads the journal through. Errors: corrupt, when a log's rows leave a hole.
  [[nodiscard]] Result<void> load_index();

  [[nodiscard]] Result<void> commit(const std::vector<BatchItem>& batch);

  [[nodiscard]] LogTable& logs() { return logs_; }
  [[nodiscard]] JournalTable& journal() { return journal_; }
  [[nodiscard]] FrameTable& frames() { return frames_; }
  [[nodiscard]] ErasureTable& erasures() { return erasures_; }
  [[nodiscard]] ChunkCodec& codec() { return packer_.codec(); }

 private:
  using Rows = std::span<const ChunkPacker::Row>;

  [[nodiscard]] Result<void> mark_voided(const BatchItem& item);
  // `rows` are the item's slices, the next that `packed` will give.
  [[nodiscard]] Result<JournalChange> write(const BatchItem& item, Rows rows,
                                            ChunkPacker::Run& packed, RowId& next_row);
  [[nodiscard]] Result<void> append(const BatchItem& item, Rows rows, ChunkPacker::Run& packed,
                                    RowId& next_row, JournalChange& change);
  [[nodiscard]] Result<LogPosition> load_position(const BatchItem& item);

  Database& database_;
  JournalIndex& index_;
  LogTable logs_;
  JournalTable journal_;
  ChunkPacker packer_;
  FrameTable frames_;
  ErasureTable erasures_;
};

}  // namespace vela::store::sqlite
