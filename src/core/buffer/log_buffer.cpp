#include "core/buffer/log_buffer.hpp"

#include <algorithm>
#include <memory>

#include "core/base/assert.hpp"

namespace vela::buffer {
namespace {

// The shared block, its control block and the deque's entry, as malloc rounds them.
constexpr std::size_t kChunkOverhead = 160;

std::size_t cost_of(const logs::Chunk& chunk) {
  return chunk.bytes.size() + chunk.marks.size() * sizeof(logs::TimeMark) + kChunkOverhead;
}

}  // namespace

void LogBuffer::append(logs::Chunk chunk) {
  if (chunk.bytes.empty()) return;
  VELA_ASSERT(chunk.begin == end_);
  VELA_ASSERT(!chunk.marks.empty() && chunk.marks.front().offset == chunk.begin);
  end_ = chunk.end();
  cost_ += cost_of(chunk);
  chunks_.push_back(std::make_shared<const logs::Chunk>(std::move(chunk)));
}

void LogBuffer::append(std::string_view bytes, base::WallTime time, logs::Stream stream) {
  append(logs::Chunk{end_, std::string(bytes), {{end_, time, stream}}});
}

std::vector<logs::ChunkSlice> LogBuffer::slices(logs::Offset from, std::size_t max_bytes) const {
  VELA_ASSERT(from >= begin_ && from <= end_);
  std::vector<logs::ChunkSlice> found;
  auto chunk = std::upper_bound(
      chunks_.begin(), chunks_.end(), from,
      [](logs::Offset at, const logs::ChunkPtr& held) { return at < held->end(); });
  while (chunk != chunks_.end() && max_bytes != 0) {
    const auto size = std::min<logs::ByteCount>((*chunk)->end() - from, max_bytes);
    found.push_back({*chunk, from, from + size});
    max_bytes -= size;
    from += size;
    ++chunk;
  }
  return found;
}

void LogBuffer::free_until(logs::Offset until) {
  begin_ = std::max(begin_, std::min(until, end_));
  while (!chunks_.empty() && chunks_.front()->end() <= begin_) {
    cost_ -= cost_of(*chunks_.front());
    chunks_.pop_front();
  }
}

void LogBuffer::rebase(logs::Offset begin, std::string_view marker, base::WallTime marker_time) {
  const std::vector<logs::ChunkSlice> held = slices(begin_, end_ - begin_);
  LogBuffer moved(begin);
  moved.append(marker, marker_time, logs::Stream::unknown);
  for (const logs::ChunkSlice& slice : held) {
    logs::Chunk chunk{moved.end(), std::string(slice.bytes()), slice.marks()};
    for (logs::TimeMark& mark : chunk.marks) mark.offset = mark.offset - slice.begin + chunk.begin;
    moved.append(std::move(chunk));
  }
  *this = std::move(moved);
}

}  // namespace vela::buffer
