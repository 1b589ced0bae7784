#include "core/store/sqlite/eraser.hpp"

#include <chrono>

namespace vela::store::sqlite {
namespace {

using std::chrono_literals::operator""ms;

// A commit that comes meanwhile ends the step at the next frame or page, some 0.1 ms later. It is
// for what one transaction writes that a step is no longer.
constexpr auto kStepTime = 4ms;

}  // namespace

Eraser::Eraser(Database& database, JournalIndex& index, Writer& writer, SpaceCounts& counts,
               const std::atomic<int>& commits_waiting, std::uint64_t kept_free_bytes)
    : database_(database),
      index_(index),
      writer_(writer),
      counts_(counts),
      commits_waiting_(commits_waiting),
      kept_free_bytes_(kept_free_bytes),
      count_free_(database, "PRAGMA freelist_count"),
      // Answers a row for each page, so it can be left off after any.
      cut_off_(database, "PRAGMA incremental_vacuum") {}

Result<void> Eraser::load() {
  const auto page_size = database_.load_number("PRAGMA page_size");
  if (!page_size) return page_size.error();
  page_size_ = *page_size;
  const auto left = writer_.erasures().load_all();
  if (!left) return left.error();
  add(*left);
  return {};
}

void Eraser::add(const std::vector<LogKey>& voided) {
  queue_.insert(queue_.end(), voided.begin(), voided.end());
  counts_.logs_to_erase = queue_.size();
}

Result<bool> Eraser::step() {
  add(index_.take_released());
  // What a long burst has left of the journal goes back too.
  if (const RowId first = index_.first_row(); first != journal_begin_) {
    journal_begin_ = first;
    may_give_back_ = true;
  }
  const bool has_work = !queue_.empty() || may_give_back_;
  if (!has_work || commits_waiting_ != 0) return has_work;
  const RelaxedCommits relaxed(database_);
  const auto done = queue_.empty() ? give_back() : erase();
  if (!done) return done.error();
  return !queue_.empty() || may_give_back_;
}

bool Eraser::has_time(base::SteadyTime until) const {
  return commits_waiting_ == 0 && base::steady_now() < until;
}

Result<void> Eraser::erase() {
  const base::SteadyTime until = base::steady_now() + kStepTime;
  Transaction transaction(database_);
  if (auto begun = transaction.begin_writing(); !begun) return begun;
  std::size_t passed = 0;  // keys from the front of the queue
  std::size_t erased = 0;
  do {
    const LogKey key = queue_[passed];
    const auto is_empty = remove_frames(key, until);
    if (!is_empty) return is_empty.error();
    if (!*is_empty) break;
    ++passed;
    // Comes back when the sweep has deleted its rows of the journal.
    if (index_.may_hold_voided(key)) continue;
    if (auto done = writer_.erasures().remove(key); !done) return done;
    ++erased;
  } while (passed != queue_.size() && has_time(until));
  if (auto done = transaction.commit(); !done) return done;
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(passed));
  counts_.logs_erased += erased;
  counts_.logs_to_erase = queue_.size();
  may_give_back_ = true;
  return {};
}

Result<bool> Eraser::remove_frames(LogKey key, base::SteadyTime until) {
  do {
    // From the first to the last: those that became free last are found first, and lie furthest
    // back in the file, where the cutting off begins.
    const auto removed = writer_.frames().remove_first(key);
    if (!removed) return removed.error();
    if (!*removed) return true;
  } while (has_time(until));
  return false;
}

Result<void> Eraser::give_back() {
  const base::SteadyTime until = base::steady_now() + kStepTime;
  Transaction transaction(database_);
  if (auto begun = transaction.begin_writing(); !begun) return begun;
  const auto free_pages = count_free_pages();
  if (!free_pages) return free_pages.error();
  const auto kept = static_cast<std::int64_t>(kept_free_bytes_) / page_size_;
  if (*free_pages <= kept) {
    may_give_back_ = false;
    return {};
  }
  const auto cut = cut_off(*free_pages - kept, until);
  if (!cut) return cut.error();
  if (auto done = transaction.commit(); !done) return done;
  if (*cut == 0) may_give_back_ = false;  // no file of ours: it was made without auto_vacuum
  counts_.bytes_given_back += static_cast<std::uint64_t>(*cut * page_size_);
  return {};
}

Result<std::int64_t> Eraser::count_free_pages() {
  Query query(count_free_);
  const auto row = query.next();
  if (!row) return row.error();
  return query.number(0);
}

Result<std::int64_t> Eraser::cut_off(std::int64_t most, base::SteadyTime until) {
  std::int64_t pages = 0;
  Query query(cut_off_);
  do {
    const auto row = query.next();
    if (!row) return row.error();
    if (!*row) break;
    ++pages;
  } while (pages != most && has_time(until));
  return pages;
}

}  // namespace vela::store::sqlite
