#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/base/error.hpp"
#include "core/store/chunk_codec.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/journal_table.hpp"

namespace vela::store::sqlite {

// A frame without its bytes.
struct FrameEntry {
  logs::Offset begin = 0;
  logs::ByteCount length = 0;

  [[nodiscard]] logs::Offset end() const { return begin + length; }
};

// The table `frames` through one connection.
class FrameTable {
 public:
  FrameTable(Database& database, ChunkCodec& codec);

  // The last frame of a log; nothing when it has none.
  [[nodiscard]] Result<std::optional<FrameEntry>> find_last(LogKey key);
  // Errors: corrupt, when there is no such frame.
  [[nodiscard]] Result<logs::ChunkPtr> load(LogKey key, const FrameEntry& frame);

  // What frames hold of [from, until), contiguous from `from`; nothing when `from` is in no frame.
  [[nodiscard]] Result<std::vector<logs::ChunkSlice>> read(LogKey key, logs::Offset from,
                                                           logs::Offset until);

  // Writes the slices as one frame; replaces one that begins there.
  [[nodiscard]] Result<void> write(LogKey key, const std::vector<logs::ChunkSlice>& slices);
  // Removes the first frame of a log; false when it has none.
  [[nodiscard]] Result<bool> remove_first(LogKey key);
  // Writes a row of the journal as a frame without unpacking it.
  [[nodiscard]] Result<void> write_packed(LogKey key, const PackedRow& row);

 private:
  ChunkCodec& codec_;
  Statement find_last_;
  Statement load_;
  Statement read_;
  Statement write_;
  Statement remove_first_;
};

}  // namespace vela::store::sqlite
