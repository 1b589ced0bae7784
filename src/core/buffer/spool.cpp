#include "core/buffer/spool.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"
#include "core/base/query.hpp"

namespace vela::buffer {
namespace {

// What is kept in memory of bytes that are in the file too: enough for a healthy server's round
// trips at full speed; what is older comes from the page cache.
constexpr std::size_t kWindowBytes = 4 * 1024 * 1024;
constexpr std::size_t kEvictBytes = 256 * 1024;
// The file begins anew when nothing is held, unless that little stands in it.
constexpr std::uint64_t kRestartBytes = 1024 * 1024;
// Between two marks; a file has at most kMaxMarks of them, whatever its limit is.
constexpr std::uint64_t kMarkBytes = 256 * 1024;
constexpr std::uint64_t kMaxMarks = 4096;
// Of several losses in a row that nobody has heard of yet, the last one's line is enough.
constexpr std::size_t kMaxPrefixBytes = 512;

RecordKind kind_of(logs::Stream stream) { return static_cast<RecordKind>(stream); }

Ownership new_writer() {
  Ownership ownership;
  ownership.writer = logs::WriterId::make_random();
  return ownership;
}

}  // namespace

Spool::Spool() : ownership_(new_writer()) {}

Spool::Spool(SpoolFile file, std::uint64_t limit)
    : ownership_(file.state().ownership), file_(std::move(file)), limit_(limit) {}

std::uint64_t Spool::room(std::size_t memory_limit) const { return file_ ? limit_ : memory_limit; }

bool Spool::is_full(std::size_t memory_limit) const { return holds(memory_limit, limit_); }

bool Spool::is_half_full(std::size_t memory_limit) const {
  return holds(memory_limit / 2, limit_ / 2);
}

bool Spool::holds(std::size_t in_memory, std::uint64_t in_file) const {
  if (is_discarded_) return false;
  return window_.cost() >= in_memory || (file_ && file_->used() >= in_file);
}

std::uint64_t Spool::held_position() const {
  return begin_ <= offset_of(first_) ? first_ : position_of(begin_);
}

SpoolState Spool::state() const {
  SpoolState state;
  state.ownership = ownership_;
  state.base = base_;
  state.place = head_.place;
  state.position = head_.position;
  state.skip = first_ - std::min(first_, head_.position);
  state.offset = offset_of(head_.position + state.skip);
  state.prefix = prefix_;
  state.digest = head_.digest;
  return state;
}

// ---- what comes

void Spool::append(std::string_view bytes, base::WallTime time, logs::Stream stream) {
  window_.append(bytes, time, stream);
  digest_.update(bytes);
  if (file_) write_behind();
}

void Spool::write_behind() {
  if (is_head_unsaved_) {
    const Result<void> saved = file_->save(state());
    note(saved);
    if (!saved) return;
    is_head_unsaved_ = false;
  }
  for (const logs::ChunkSlice& slice : window_.slices(filed_, window_.end() - filed_)) {
    for (const logs::MarkedRun& run : logs::marked_runs(slice)) {
      std::string_view left = run.bytes;
      while (!left.empty()) {
        const std::string_view piece = left.substr(0, kMaxRecordBytes);
        const Result<void> written =
            file_->append(kind_of(run.mark.stream), position_of(filed_), run.mark.time, piece);
        note(written);
        if (!written) return;
        filed_ += piece.size();
        unmarked_ += sizeof(RecordHead) + piece.size();
        left.remove_prefix(piece.size());
      }
    }
  }
  mark_when_due({file_->tail(), position_of(filed_), digest_});
  while (window_.cost() > kWindowBytes)
    window_.free_until(std::min(filed_, window_.begin() + kEvictBytes));
}

void Spool::mark_when_due(Mark mark) {
  if (unmarked_ < std::max(kMarkBytes, limit_ / kMaxMarks)) return;
  unmarked_ = 0;
  marks_.push_back(std::move(mark));
}

void Spool::note(const Result<void>& written) {
  if (written) {
    has_write_failed_ = false;
  } else if (!std::exchange(has_write_failed_, true)) {
    write_failure_ = written.error();
  }
}

std::optional<Error> Spool::take_write_failure() {
  return std::exchange(write_failure_, std::nullopt);
}

void Spool::write_end(const logs::Seal& seal) {
  if (!file_ || is_discarded_ || found_end_) return;
  if (filed_ != end()) write_behind();
  if (filed_ != end()) return;
  base::Query query;
  logs::add_to_query(query, seal);
  const Result<void> written =
      file_->append(RecordKind::end, position_of(end()), {}, query.to_string());
  note(written);
  has_written_end_ = written.has_value();
}

void Spool::set_ownership(const Ownership& ownership) {
  ownership_ = ownership;
  if (file_ && !is_discarded_) note(file_->save(state()));
}

// ---- what goes

void Spool::free_until(logs::Offset until) {
  if (is_discarded_) return;
  begin_ = std::max(begin_, std::min(until, end()));
  if (file_) free_file();
  window_.free_until(file_ ? std::min(begin_, filed_) : begin_);
}

void Spool::free_file() {
  if (begin_ != end()) {
    advance_head(held_position());
    if (!file_->would_free(head_.place)) return;
    const Result<void> saved = file_->save(state());
    note(saved);
    if (saved) file_->give_back();
    return;
  }
  // With an end there is nothing to make room for, and it must stay.
  if (has_written_end_ || found_end_) return;
  const bool is_small = file_->used() < kRestartBytes && file_->size() <= kSegmentBytes;
  if (is_small && filed_ == end()) return;
  Mark behind{kFirstRecordPlace, position_of(end()), digest_};
  std::swap(head_, behind);
  const std::string prefix = std::exchange(prefix_, {});
  const Result<void> restarted = file_->restart(state());
  note(restarted);
  if (!restarted) {
    head_ = behind;
    prefix_ = prefix;
    return;
  }
  filed_ = end();
  marks_.clear();
  cursor_ = {};
}

void Spool::advance_head(std::uint64_t position) {
  while (!marks_.empty() && marks_.front().position <= position) {
    head_ = std::move(marks_.front());
    marks_.pop_front();
    prefix_.clear();
  }
}

void Spool::discard() {
  window_ = LogBuffer(end());
  begin_ = end();
  read_.reset();
  is_discarded_ = true;
}

void Spool::remove_file() {
  if (file_) file_->remove();
  file_.reset();
}

void Spool::reject_file() {
  if (file_) file_->reject();
}

// ---- a writer that begins anew

void Spool::move_to(logs::Offset begin, std::string_view marker, base::WallTime marker_time) {
  if (!file_) {
    window_.rebase(begin, marker, marker_time);
    begin_ = base_ = begin;
    return digest_anew();
  }
  skip_unfiled();
  const logs::Offset prefix_end = offset_of(first_);
  std::string prefix(marker);
  if (begin_ < prefix_end) prefix += prefix_.substr(prefix_.size() - (prefix_end - begin_));
  if (prefix.size() > kMaxPrefixBytes) prefix = marker;
  first_ = held_position();
  const std::uint64_t shift = begin + prefix.size() - first_;
  const std::uint64_t by = shift - shift_;
  // Of what moves, nothing lies below 0.
  window_.free_until(std::min(filed_, std::max(begin_, prefix_end)));
  window_.rebase(window_.begin() + by, {}, marker_time);
  filed_ += by;
  shift_ = shift;
  prefix_ = std::move(prefix);
  prefix_time_ = marker_time;
  begin_ = base_ = begin;
  digest_anew();
}

void Spool::begin_at(logs::Offset begin) {
  VELA_ASSERT(begin >= begin_ && begin <= end());
  begin_ = base_ = begin;
  if (!file_) {
    window_.free_until(begin);
    return digest_anew();
  }
  skip_unfiled();
  const logs::Offset prefix_end = offset_of(first_);
  if (begin < prefix_end) {
    prefix_.erase(0, prefix_.size() - (prefix_end - begin));
  } else {
    prefix_.clear();
    first_ = position_of(begin);
  }
  window_.free_until(std::min(begin, filed_));
  digest_anew();
}

// The file could not be written, and bytes that it never had are durable: it goes on behind them.
void Spool::skip_unfiled() {
  if (filed_ >= begin_) return;
  head_ = {file_->tail(), position_of(begin_), {}};
  marks_.clear();
  prefix_.clear();
  first_ = head_.position;
  filed_ = begin_;
  window_.free_until(begin_);
}

void Spool::digest_anew() {
  read_.reset();
  cursor_ = {};
  digest_ = base::Sha256();
  if (!file_) return digest(base_, end());
  std::string prefix = std::exchange(prefix_, {});
  advance_head(first_);
  prefix_ = std::move(prefix);
  head_.digest = digest_;
  logs::Offset done = base_;
  for (Mark& mark : marks_) {
    digest(done, offset_of(mark.position));
    done = offset_of(mark.position);
    mark.digest = digest_;
  }
  digest(done, end());
}

void Spool::digest(logs::Offset from, logs::Offset until) {
  while (from < until) {
    const auto found = slices(from, std::min<logs::ByteCount>(until - from, kMarkBytes));
    if (found.empty()) return;
    for (const logs::ChunkSlice& slice : found) digest_.update(slice.bytes());
    from = found.back().end;
  }
}

}  // namespace vela::buffer
