#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/logs/offset.hpp"

namespace vela::logs {

// Where a byte of output came from. The values are those of the wire frames.
enum class Stream : std::uint8_t { unknown = 0, out = 1, err = 2 };

// "stdout", "stderr" or "unknown".
[[nodiscard]] std::string_view to_string(Stream stream);

// From `offset` on, up to the next mark, bytes arrived at `time` on `stream`.
struct TimeMark {
  Offset offset = 0;
  base::WallTime time;
  Stream stream = Stream::unknown;

  friend bool operator==(const TimeMark&, const TimeMark&) = default;
};

// The mark that holds at `at`: the last one there or before. Needs one that stands there or before.
[[nodiscard]] std::vector<TimeMark>::const_iterator find_mark_at(const std::vector<TimeMark>& marks,
                                                                 Offset at);

// A piece of a log that never changes: bytes with their place, and marks beside them.
//
// Limits: at least one byte and one mark; the first mark stands at `begin`, marks rise by offset
// and
//         stand below end().
struct Chunk {
  Offset begin = 0;
  std::string bytes;
  std::vector<TimeMark> marks;

  [[nodiscard]] Offset end() const { return begin + bytes.size(); }
};

// Shared by the log that holds it and by every reader that is sending it.
using ChunkPtr = std::shared_ptr<const Chunk>;

// A part of a chunk, [begin, end) in offsets of the log. Holds the whole chunk alive.
struct ChunkSlice {
  ChunkPtr chunk;
  Offset begin = 0;
  Offset end = 0;

  [[nodiscard]] std::string_view bytes() const {
    return std::string_view(chunk->bytes).substr(begin - chunk->begin, end - begin);
  }
  [[nodiscard]] ByteCount size() const { return end - begin; }

  // The marks that hold in the slice, the first one moved to `begin`.
  [[nodiscard]] std::vector<TimeMark> marks() const;
};

// A run of bytes of one mark.
struct MarkedRun {
  TimeMark mark;  // mark.offset is where `bytes` begins
  std::string_view bytes;
};

// The slice cut at its marks, in order; the views live as long as the slice's chunk.
[[nodiscard]] std::vector<MarkedRun> marked_runs(const ChunkSlice& slice);

}  // namespace vela::logs
