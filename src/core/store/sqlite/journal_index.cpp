#include "core/store/sqlite/journal_index.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"

namespace vela::store::sqlite {
namespace {

// The first row with bytes at or after `from`.
std::vector<JournalRow>::const_iterator first_ending_after(const std::vector<JournalRow>& rows,
                                                           logs::Offset from) {
  return std::upper_bound(rows.begin(), rows.end(), from,
                          [](logs::Offset at, const JournalRow& row) { return at < row.end(); });
}

// The first row with a number above `last`.
std::vector<JournalRow>::const_iterator first_beyond(const std::vector<JournalRow>& rows,
                                                     RowId last) {
  return std::upper_bound(rows.begin(), rows.end(), last,
                          [](RowId at, const JournalRow& row) { return at < row.row; });
}

}  // namespace

void JournalIndex::begin_at(RowId first) {
  const std::lock_guard lock(mutex_);
  first_ = first;
  next_ = first;
}

void JournalIndex::apply(const JournalChange& change) {
  const std::lock_guard lock(mutex_);
  LogRows& log = logs_[change.key];
  log.is_ended = change.is_ended;
  for (const JournalRow& row : change.rows) {
    VELA_ASSERT(row.row >= next_);
    VELA_ASSERT(log.rows.empty() || log.rows.back().end() == row.begin);
    log.rows.push_back(row);
    next_ = row.row + 1;
  }
  stored_bytes_ += change.stored_bytes;
  if (log.rows.empty()) logs_.erase(change.key);
}

void JournalIndex::add_dead_row(RowId row, std::uint64_t stored_bytes) {
  const std::lock_guard lock(mutex_);
  next_ = std::max(next_, row + 1);
  stored_bytes_ += stored_bytes;
}

void JournalIndex::add_voided_row(LogKey key, RowId row, std::uint64_t stored_bytes) {
  add_dead_row(row, stored_bytes);
  const std::lock_guard lock(mutex_);
  voided_[key] = row;
}

void JournalIndex::on_voided(LogKey key) {
  const std::lock_guard lock(mutex_);
  logs_.erase(key);
  // Rows that a sweep has moved may be there too, so it is not only those that are known.
  if (first_ != next_) voided_[key] = next_ - 1;
}

bool JournalIndex::may_hold_voided(LogKey key) const {
  const std::lock_guard lock(mutex_);
  return voided_.contains(key);
}

std::vector<LogKey> JournalIndex::take_released() {
  const std::lock_guard lock(mutex_);
  return std::exchange(released_, {});
}

std::optional<JournalIndex::Tail> JournalIndex::find_tail(LogKey key) const {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(key);
  if (found == logs_.end()) return std::nullopt;
  return Tail{found->second.rows.back(), found->second.is_ended};
}

std::vector<JournalRow> JournalIndex::rows_within(LogKey key, logs::Offset from,
                                                  logs::Offset until) const {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(key);
  if (found == logs_.end()) return {};
  const std::vector<JournalRow>& rows = found->second.rows;
  const auto first = first_ending_after(rows, from);
  auto last = first;
  while (last != rows.end() && last->begin < until) ++last;
  return {first, last};
}

std::optional<RowId> JournalIndex::plan_sweep() const {
  const std::lock_guard lock(mutex_);
  if (first_ == next_) return std::nullopt;
  const auto rows = static_cast<std::size_t>(next_ - first_);
  if (rows > limits_.rows || stored_bytes_ > limits_.stored_bytes)
    return first_ + static_cast<RowId>(rows - 1) / 2;
  RowId first_needed = next_;
  for (const auto& [key, log] : logs_)
    if (!log.is_ended) first_needed = std::min(first_needed, log.rows.front().row);
  if (first_needed == first_) return std::nullopt;
  return first_needed - 1;
}

std::vector<LogKey> JournalIndex::logs_up_to(RowId last) const {
  const std::lock_guard lock(mutex_);
  std::vector<LogKey> keys;
  for (const auto& [key, log] : logs_)
    if (log.rows.front().row <= last) keys.push_back(key);
  return keys;
}

std::vector<JournalRow> JournalIndex::rows_up_to(LogKey key, RowId last) const {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(key);
  if (found == logs_.end()) return {};
  const std::vector<JournalRow>& rows = found->second.rows;
  return {rows.begin(), first_beyond(rows, last)};
}

void JournalIndex::on_moved(LogKey key, RowId last) {
  const std::lock_guard lock(mutex_);
  const auto found = logs_.find(key);
  if (found == logs_.end()) return;
  std::vector<JournalRow>& rows = found->second.rows;
  rows.erase(rows.begin(), first_beyond(rows, last));
  if (rows.empty()) logs_.erase(found);
}

void JournalIndex::on_deleted(RowId last, std::uint64_t stored_bytes) {
  const std::lock_guard lock(mutex_);
  first_ = std::max(first_, last + 1);
  stored_bytes_ -= std::min(stored_bytes, stored_bytes_);
  std::erase_if(voided_, [this, last](const auto& held) {
    if (held.second > last) return false;
    released_.push_back(held.first);
    return true;
  });
}

JournalIndex::Backlog JournalIndex::backlog() const {
  const std::lock_guard lock(mutex_);
  return {static_cast<std::uint64_t>(next_ - first_), stored_bytes_};
}

RowId JournalIndex::first_row() const {
  const std::lock_guard lock(mutex_);
  return first_;
}

RowId JournalIndex::next_row() const {
  const std::lock_guard lock(mutex_);
  return next_;
}

}  // namespace vela::store::sqlite
