// The half of the spool that reads its file: for sending, and to go on where a dead run stopped.
#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/query.hpp"
#include "core/buffer/spool.hpp"

namespace vela::buffer {

std::vector<logs::ChunkSlice> Spool::slices(logs::Offset from, std::size_t max_bytes) const {
  std::vector<logs::ChunkSlice> found;
  while (from < window_.begin() && max_bytes != 0) {
    const logs::ChunkPtr chunk = load(from);
    if (!chunk) return {};
    const logs::ByteCount size = std::min<logs::ByteCount>(chunk->end() - from, max_bytes);
    found.push_back({chunk, from, from + size});
    from += size;
    max_bytes -= size;
  }
  if (max_bytes == 0) return found;
  for (logs::ChunkSlice& slice : window_.slices(from, max_bytes)) found.push_back(std::move(slice));
  return found;
}

logs::ChunkPtr Spool::load(logs::Offset from) const {
  const logs::Offset prefix_end = offset_of(first_);
  if (from < prefix_end) {
    const logs::Offset begin = prefix_end - prefix_.size();
    logs::Chunk chunk{begin, prefix_, {{begin, prefix_time_, logs::Stream::unknown}}};
    return std::make_shared<const logs::Chunk>(std::move(chunk));
  }
  Result<logs::ChunkPtr> read = read_file(position_of(from));
  if (read) return std::move(*read);
  read_failure_ = read.error();
  return nullptr;
}

Result<logs::ChunkPtr> Spool::read_file(std::uint64_t position) const {
  const logs::Offset offset = offset_of(position);
  if (read_ && read_->begin <= offset && offset < read_->end()) return read_;
  const auto behind =
      std::upper_bound(marks_.begin(), marks_.end(), position,
                       [](std::uint64_t at, const Mark& mark) { return at < mark.position; });
  Mark at = behind == marks_.begin() ? head_ : *std::prev(behind);
  if (cursor_.position <= position && cursor_.position > at.position) at = cursor_;
  while (true) {
    Result<SpoolBatch> batch = file_->read(at.place, at.position);
    if (!batch) return batch.error();
    if (batch->chunk.bytes.empty()) return Error(ErrorCode::corrupt, "the spool is damaged");
    at.place = batch->next_place;
    at.position = batch->chunk.end();
    if (position >= at.position) continue;
    read_ = std::make_shared<const logs::Chunk>(place_in_log(std::move(batch->chunk)));
    cursor_ = at;
    return read_;
  }
}

// From positions to offsets, without what is not the writer's.
logs::Chunk Spool::place_in_log(logs::Chunk chunk) const {
  if (chunk.begin < first_) {
    const auto whole = std::make_shared<const logs::Chunk>(std::move(chunk));
    const logs::ChunkSlice own{whole, first_, whole->end()};
    chunk = logs::Chunk{first_, std::string(own.bytes()), own.marks()};
  }
  chunk.begin = offset_of(chunk.begin);
  for (logs::TimeMark& mark : chunk.marks) mark.offset = offset_of(mark.offset);
  return chunk;
}

Result<Spool> Spool::resume(SpoolFile file, std::uint64_t limit) {
  Spool spool(std::move(file), limit);
  if (auto scanned = spool.scan(); !scanned) return scanned.error();
  return spool;
}

Result<Spool> Spool::resume(SpoolFile file) {
  const std::uint64_t limit = file.size();  // it spaces the marks
  return resume(std::move(file), limit);
}

Result<void> Spool::scan() {
  const SpoolState saved = file_->state();
  base_ = saved.base;
  first_ = saved.position + saved.skip;
  shift_ = saved.offset - first_;
  prefix_ = saved.prefix;
  begin_ = saved.offset - prefix_.size();
  head_ = {saved.place, saved.position, saved.digest};
  digest_ = saved.digest;
  digest_.update(prefix_);

  Mark at = head_;
  std::vector<std::uint64_t> segments{SpoolSegments::begin_of(at.place)};
  std::optional<std::string> end;
  while (!end) {
    Result<SpoolBatch> batch = file_->read(at.place, at.position);
    if (!batch) return batch.error();
    end = std::move(batch->end);
    if (batch->jump) {
      // Only a file that somebody made leads back.
      if (std::find(segments.begin(), segments.end(), *batch->jump) != segments.end()) break;
      segments.push_back(*batch->jump);
    }
    at.place = batch->next_place;
    const logs::Chunk& chunk = batch->chunk;
    if (chunk.bytes.empty()) break;
    if (chunk.begin == head_.position) prefix_time_ = chunk.marks.front().time;
    const std::uint64_t skipped = first_ - std::min(first_, chunk.begin);
    digest_.update(
        std::string_view(chunk.bytes).substr(std::min<std::size_t>(skipped, chunk.bytes.size())));
    at.position = chunk.end();
    at.digest = digest_;
    unmarked_ += batch->file_bytes;
    if (at.position > first_) mark_when_due(at);
  }
  // Cut within what is not the writer's: it goes on behind that.
  if (at.position < first_) {
    head_ = {at.place, first_, head_.digest};
    is_head_unsaved_ = true;
  }
  window_ = LogBuffer(offset_of(std::max(at.position, first_)));
  filed_ = window_.end();
  file_->settle(at.place, segments);
  if (!end) return {};
  if (const Result<base::Query> query = base::Query::parse(*end)) {
    if (const Result<logs::Seal> seal = logs::parse_seal(*query)) found_end_ = *seal;
  }
  return {};
}

}  // namespace vela::buffer
