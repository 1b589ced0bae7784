#include "core/follow/screen.hpp"

#include <utility>

namespace vela::follow {

void Screen::put(std::string_view bytes, logs::Stream to) {
  if (bytes.empty()) return;
  if (gathered_.marks.empty() || gathered_.marks.back().stream != to)
    gathered_.marks.push_back({gathered_.bytes.size(), base::WallTime(), to});
  gathered_.bytes.append(bytes);
}

void Screen::commit() {
  logs::Chunk chunk = std::exchange(gathered_, logs::Chunk());
  chunk.begin = buffer_.end();
  for (logs::TimeMark& mark : chunk.marks) mark.offset += chunk.begin;
  buffer_.append(std::move(chunk));
}

std::optional<Screen::Piece> Screen::next() const {
  Piece piece;
  for (const logs::ChunkSlice& slice : buffer_.slices(buffer_.begin(), kMaxWriteBytes)) {
    for (const logs::MarkedRun& run : logs::marked_runs(slice)) {
      if (!piece.bytes.empty() && run.mark.stream != piece.to) return piece;
      piece.to = run.mark.stream;
      piece.bytes.append(run.bytes);
    }
  }
  if (piece.bytes.empty()) return std::nullopt;
  return piece;
}

}  // namespace vela::follow
