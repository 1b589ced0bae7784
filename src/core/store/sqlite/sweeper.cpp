#include "core/store/sqlite/sweeper.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace vela::store::sqlite {
namespace {

// A frame below this is filled up by the next sweep of its log; it is also the least that is worth
// a frame of its own.
constexpr logs::ByteCount kMinFrameBytes = 64 * 1024;
constexpr logs::ByteCount kMaxFrameBytes = 256 * 1024;

// Commits wait for a step, so it must stay within some 10 ms: a log costs one frame packed anew, a
// row of a large log little more than the copying.
constexpr std::size_t kLogsPerStep = 32;
constexpr logs::ByteCount kBytesPerStep = 4 * 1024 * 1024;
constexpr std::size_t kRowsPerDelete = 4096;
constexpr std::uint64_t kStoredBytesPerDelete = 4 * 1024 * 1024;

}  // namespace

Result<bool> Sweeper::step() {
  const RelaxedCommits relaxed(database_);
  if (last_ == 0) {
    const auto planned = index_.plan_sweep();
    if (!planned) return false;
    last_ = *planned;
    pending_ = index_.logs_up_to(last_);
  }
  if (!pending_.empty()) {
    if (auto moved = move_logs(); !moved) return moved.error();
    return true;
  }
  if (auto deleted = delete_rows(); !deleted) return deleted.error();
  if (index_.first_row() <= last_) return true;
  last_ = 0;
  return index_.plan_sweep().has_value();
}

Result<void> Sweeper::move_logs() {
  Transaction transaction(database_);
  if (auto begun = transaction.begin_writing(); !begun) return begun;
  Budget budget{kLogsPerStep, kBytesPerStep};
  std::vector<std::pair<LogKey, RowId>> moved;
  std::size_t left = pending_.size();
  while (left != 0 && budget.logs != 0 && budget.bytes != 0) {
    --budget.logs;
    const LogKey key = pending_[left - 1];
    RowId moved_to = 0;
    const auto is_done = move_rows(key, budget, moved_to);
    if (!is_done) return is_done.error();
    if (moved_to != 0) moved.emplace_back(key, moved_to);
    if (*is_done) --left;
  }
  if (auto done = transaction.commit(); !done) return done;
  for (const auto& [key, row] : moved) index_.on_moved(key, row);
  pending_.resize(left);
  return {};
}

// True when no row of the log up to last_ is left.
Result<bool> Sweeper::move_rows(LogKey key, Budget& budget, RowId& moved_to) {
  std::vector<JournalRow> rows = index_.rows_up_to(key, last_);
  if (rows.empty()) return true;
  std::size_t count = 0;
  while (count != rows.size() && budget.bytes != 0)
    budget.bytes -= std::min<logs::ByteCount>(budget.bytes, rows[count++].length);
  const bool is_done = count == rows.size();
  rows.resize(count);
  if (auto written = write_frames(key, rows); !written) return written.error();
  if (auto done = writer_.logs().write_framed(key, rows.back().end()); !done) return done.error();
  if (auto done = remember_position(key, rows.back()); !done) return done.error();
  moved_to = rows.back().row;
  return is_done;
}

Result<void> Sweeper::write_frames(LogKey key, const std::vector<JournalRow>& rows) {
  JournalTable& journal = writer_.journal();
  FrameTable& frames = writer_.frames();
  std::vector<logs::ChunkSlice> gathered;
  logs::ByteCount bytes = 0;
  const auto flush = [&]() -> Result<void> {
    if (gathered.empty()) return {};
    bytes = 0;
    const auto slices = std::exchange(gathered, {});
    return frames.write(key, slices);
  };
  const auto gather = [&](logs::ChunkPtr chunk) {
    bytes += chunk->bytes.size();
    const logs::Offset begin = chunk->begin;
    const logs::Offset end = chunk->end();
    gathered.push_back({std::move(chunk), begin, end});
  };

  const auto tail = frames.find_last(key);
  if (!tail) return tail.error();
  if (*tail && (*tail)->length + rows.front().length <= kMaxFrameBytes &&
      (*tail)->length < kMinFrameBytes) {
    auto chunk = frames.load(key, **tail);
    if (!chunk) return chunk.error();
    gather(std::move(*chunk));
  }
  for (const JournalRow& row : rows) {
    const bool is_large = row.length >= kMinFrameBytes;
    if (bytes + row.length > kMaxFrameBytes || (is_large && bytes >= kMinFrameBytes))
      if (auto done = flush(); !done) return done;
    if (is_large && bytes == 0) {
      auto done = journal.with_packed(
          key, row, [&](const PackedRow& packed) { return frames.write_packed(key, packed); });
      if (!done) return done;
      continue;
    }
    auto chunk = journal.load(key, row, writer_.codec());
    if (!chunk) return chunk.error();
    if (!*chunk) return Error(ErrorCode::corrupt, "a row of the store's journal is missing");
    gather(std::move(**chunk));
  }
  return flush();
}

// The log's last row takes the digest's state with it, unless the log's own row is as new.
Result<void> Sweeper::remember_position(LogKey key, const JournalRow& last) {
  const auto tail = index_.find_tail(key);
  if (!tail || tail->last != last) return {};
  const auto position = writer_.logs().load_position(key);
  if (!position) return position.error();
  if (!*position || (*position)->length >= last.end()) return {};
  const auto digest_state = writer_.journal().load_digest_state(key, last);
  if (!digest_state) return digest_state.error();
  if (!*digest_state)
    return Error(ErrorCode::corrupt, "the store's journal is damaged: log " + std::to_string(key) +
                                         " ends without a digest's state");
  return writer_.logs().write_position(key, last.end(), **digest_state);
}

Result<void> Sweeper::delete_rows() {
  Transaction transaction(database_);
  if (auto begun = transaction.begin_writing(); !begun) return begun;
  const auto piece =
      writer_.journal().measure(index_.first_row(), last_, kRowsPerDelete, kStoredBytesPerDelete);
  if (!piece) return piece.error();
  if (auto done = writer_.journal().remove_up_to(piece->last); !done) return done;
  if (auto done = transaction.commit(); !done) return done;
  index_.on_deleted(piece->last, piece->stored_bytes);
  return {};
}

}  // namespace vela::store::sqlite
