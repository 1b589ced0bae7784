#include "core/store/sqlite/journal_table.hpp"

#include <utility>

namespace vela::store::sqlite {

JournalTable::JournalTable(Database& database)
    : append_(database,
              "INSERT INTO journal(row, log, begin, length, encoding, digest_state, data)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      scan_(database, "SELECT row, log, begin, length, length(data) FROM journal ORDER BY row"),
      load_(database,
            "SELECT begin, length, encoding, data FROM journal"
            " WHERE row=?1 AND log=?2 AND begin=?3 AND length=?4"),
      load_digest_state_(database,
                         "SELECT digest_state FROM journal"
                         " WHERE row=?1 AND log=?2 AND begin=?3 AND length=?4"),
      measure_(database,
               "SELECT row, length(data) FROM journal WHERE row>=?1 AND row<=?2 ORDER BY row"),
      remove_up_to_(database, "DELETE FROM journal WHERE row<=?1") {}

Result<void> JournalTable::append(LogKey key, const JournalRow& row, const PackedBody& body,
                                  std::optional<std::string_view> digest_state) {
  std::optional<Blob> digest;
  if (digest_state) digest = Blob{*digest_state};
  return run(append_, row.row, key, row.begin, row.length, static_cast<int>(body.encoding), digest,
             Blob{body.data});
}

Result<void> JournalTable::scan(const std::function<Result<void>(const JournalEntry&)>& visit) {
  Query query(scan_);
  while (true) {
    const auto row = query.next();
    if (!row) return row.error();
    if (!*row) return {};
    JournalEntry entry;
    entry.row.row = query.number(0);
    entry.key = query.number(1);
    entry.row.begin = query.count(2);
    entry.row.length = static_cast<std::uint32_t>(query.count(3));
    entry.stored_bytes = query.count(4);
    if (auto visited = visit(entry); !visited) return visited;
  }
}

Result<std::optional<logs::ChunkPtr>> JournalTable::load(LogKey key, const JournalRow& row,
                                                         ChunkCodec& codec) {
  Query query(load_, row.row, key, row.begin, row.length);
  const auto found = query.next();
  if (!found) return found.error();
  if (!*found) return std::optional<logs::ChunkPtr>();
  auto chunk = codec.decode(row.begin, row.length, query.number(2), query.bytes(3));
  if (!chunk) return chunk.error();
  return std::optional(std::move(*chunk));
}

Result<std::optional<std::string>> JournalTable::load_digest_state(LogKey key,
                                                                   const JournalRow& row) {
  Query query(load_digest_state_, row.row, key, row.begin, row.length);
  const auto found = query.next();
  if (!found) return found.error();
  if (!*found || query.is_null(0)) return std::optional<std::string>();
  return std::optional(query.text(0));
}

Result<void> JournalTable::with_packed(LogKey key, const JournalRow& row,
                                       const std::function<Result<void>(const PackedRow&)>& use) {
  Query query(load_, row.row, key, row.begin, row.length);
  const auto found = query.next();
  if (!found) return found.error();
  if (!*found)
    return Error(ErrorCode::corrupt,
                 "row " + std::to_string(row.row) + " of the store's journal is missing");
  return use(PackedRow{query.count(0), query.count(1), query.number(2), query.bytes(3)});
}

Result<JournalTable::Piece> JournalTable::measure(RowId first, RowId last, std::size_t max_rows,
                                                  std::uint64_t max_bytes) {
  Piece piece{last, 0};
  Query query(measure_, first, last);
  for (std::size_t rows = 0;; ++rows) {
    const auto row = query.next();
    if (!row) return row.error();
    if (!*row) return Piece{last, piece.stored_bytes};
    if (rows != 0 && (rows == max_rows || piece.stored_bytes >= max_bytes)) return piece;
    piece.last = query.number(0);
    piece.stored_bytes += query.count(1);
  }
}

Result<void> JournalTable::remove_up_to(RowId last) { return run(remove_up_to_, last); }

}  // namespace vela::store::sqlite
