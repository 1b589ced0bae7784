#include "core/store/sqlite/frame_table.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/assert.hpp"

namespace vela::store::sqlite {
namespace {

// Frames are written once and kept for long: all but the tiniest are worth the compression.
constexpr std::size_t kCompressFrom = 256;

}  // namespace

FrameTable::FrameTable(Database& database, ChunkCodec& codec)
    : codec_(codec),
      find_last_(database,
                 "SELECT begin, length FROM frames WHERE log=?1 ORDER BY begin DESC LIMIT 1"),
      load_(database, "SELECT encoding, data FROM frames WHERE log=?1 AND begin=?2 AND length=?3"),
      // From the frame that `from` lies in, if it lies in one.
      read_(database,
            "SELECT begin, length, encoding, data FROM frames WHERE log=?1 AND begin>="
            "(SELECT coalesce(max(begin), 0) FROM frames WHERE log=?1 AND begin<=?2)"
            " AND begin<?3 ORDER BY begin"),
      write_(database,
             "INSERT OR REPLACE INTO frames(log, begin, length, encoding, data)"
             " VALUES(?1, ?2, ?3, ?4, ?5)"),
      remove_first_(database,
                    "DELETE FROM frames WHERE log=?1 AND begin="
                    "(SELECT min(begin) FROM frames WHERE log=?1) RETURNING begin") {}

Result<std::optional<FrameEntry>> FrameTable::find_last(LogKey key) {
  Query query(find_last_, key);
  const auto row = query.next();
  if (!row) return row.error();
  if (!*row) return std::optional<FrameEntry>();
  return std::optional(FrameEntry{query.count(0), query.count(1)});
}

Result<logs::ChunkPtr> FrameTable::load(LogKey key, const FrameEntry& frame) {
  Query query(load_, key, frame.begin, frame.length);
  const auto row = query.next();
  if (!row) return row.error();
  if (!*row)
    return Error(ErrorCode::corrupt, "the store's frame of log " + std::to_string(key) +
                                         " at offset " + std::to_string(frame.begin) +
                                         " is missing");
  return codec_.decode(frame.begin, frame.length, query.number(0), query.bytes(1));
}

Result<std::vector<logs::ChunkSlice>> FrameTable::read(LogKey key, logs::Offset from,
                                                       logs::Offset until) {
  std::vector<logs::ChunkSlice> slices;
  Query query(read_, key, from, until);
  logs::Offset at = from;
  while (at < until) {
    const auto row = query.next();
    if (!row) return row.error();
    if (!*row) break;
    const FrameEntry frame{query.count(0), query.count(1)};
    if (frame.begin > at || frame.end() <= at) break;
    auto chunk = codec_.decode(frame.begin, frame.length, query.number(2), query.bytes(3));
    if (!chunk) return chunk.error();
    const logs::Offset end = std::min(frame.end(), until);
    slices.push_back({std::move(*chunk), at, end});
    at = end;
  }
  return slices;
}

Result<void> FrameTable::write(LogKey key, const std::vector<logs::ChunkSlice>& slices) {
  VELA_ASSERT(!slices.empty());
  const logs::Offset begin = slices.front().begin;
  const PackedBody body = codec_.encode(slices, kCompressFrom);
  return run(write_, key, begin, slices.back().end - begin, static_cast<int>(body.encoding),
             Blob{body.data});
}

Result<bool> FrameTable::remove_first(LogKey key) {
  Query query(remove_first_, key);
  return query.next();
}

Result<void> FrameTable::write_packed(LogKey key, const PackedRow& row) {
  return run(write_, key, row.begin, row.length, row.encoding, Blob{row.data});
}

}  // namespace vela::store::sqlite
