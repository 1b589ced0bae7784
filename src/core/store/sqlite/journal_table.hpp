#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/error.hpp"
#include "core/store/chunk_codec.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/journal_index.hpp"

namespace vela::store::sqlite {

// A row without its bytes.
struct JournalEntry {
  LogKey key = 0;
  JournalRow row;
  std::uint64_t stored_bytes = 0;
};

// A row as it lies in the table. The view lives until the next use of the table.
struct PackedRow {
  logs::Offset begin = 0;
  logs::ByteCount length = 0;
  std::int64_t encoding = 0;
  std::string_view data;
};

// The table `journal` through one connection.
class JournalTable {
 public:
  explicit JournalTable(Database& database);

  // `digest_state`: of the log up to the end of the row, when a commit ends with it.
  [[nodiscard]] Result<void> append(LogKey key, const JournalRow& row, const PackedBody& body,
                                    std::optional<std::string_view> digest_state);

  // Hands every row to `visit`, oldest first, until one is refused.
  [[nodiscard]] Result<void> scan(const std::function<Result<void>(const JournalEntry&)>& visit);

  // The chunk that `row` of the log is; nothing when that is not what lies there.
  [[nodiscard]] Result<std::optional<logs::ChunkPtr>> load(LogKey key, const JournalRow& row,
                                                           ChunkCodec& codec);
  // The digest's state that the row holds; nothing when the row is not there or holds none.
  [[nodiscard]] Result<std::optional<std::string>> load_digest_state(LogKey key,
                                                                     const JournalRow& row);
  // Calls `use` with the row as it is packed. Errors: corrupt, when the row is not there.
  [[nodiscard]] Result<void> with_packed(LogKey key, const JournalRow& row,
                                         const std::function<Result<void>(const PackedRow&)>& use);

  // The end of a piece of [first, last] that is small enough to be deleted at once, and what it
  // takes.
  struct Piece {
    RowId last = 0;
    std::uint64_t stored_bytes = 0;
  };
  [[nodiscard]] Result<Piece> measure(RowId first, RowId last, std::size_t max_rows,
                                      std::uint64_t max_bytes);
  [[nodiscard]] Result<void> remove_up_to(RowId last);

 private:
  Statement append_;
  Statement scan_;
  Statement load_;
  Statement load_digest_state_;
  Statement measure_;
  Statement remove_up_to_;
};

}  // namespace vela::store::sqlite
