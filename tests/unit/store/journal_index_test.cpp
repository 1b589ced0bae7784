#include "core/store/sqlite/journal_index.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

using namespace vela;
using namespace vela::store;
using namespace vela::store::sqlite;

namespace {

constexpr std::uint32_t kRowBytes = 10;

// An index that rows of ten bytes are added to.
struct Journal {
  JournalIndex index;
  explicit Journal(JournalLimits limits = JournalLimits()) : index(limits) {}

  void add(LogKey key, bool is_ended = false) {
    JournalChange change;
    change.key = key;
    change.is_ended = is_ended;
    const auto tail = index.find_tail(key);
    change.rows.push_back({index.next_row(), tail ? tail->last.end() : 0, kRowBytes});
    change.stored_bytes = kRowBytes;
    index.apply(change);
  }
  void end(LogKey key) {
    JournalChange change;
    change.key = key;
    change.is_ended = true;
    index.apply(change);
  }
};

std::vector<RowId> numbers_of(const std::vector<JournalRow>& rows) {
  std::vector<RowId> numbers;
  numbers.reserve(rows.size());
  for (const JournalRow& row : rows) numbers.push_back(row.row);
  return numbers;
}

using Numbers = std::vector<RowId>;

}  // namespace

TEST_CASE("the rows of a range are those that hold a byte of it") {
  Journal journal;
  for (int i = 0; i < 3; ++i) {
    journal.add(1);  // rows 1, 3 and 5
    journal.add(2);
  }
  const JournalIndex& index = journal.index;
  CHECK(numbers_of(index.rows_within(1, 0, 30)) == Numbers{1, 3, 5});
  CHECK(numbers_of(index.rows_within(1, 0, 10)) == Numbers{1});
  CHECK(numbers_of(index.rows_within(1, 9, 11)) == Numbers{1, 3});
  CHECK(numbers_of(index.rows_within(1, 10, 20)) == Numbers{3});
  CHECK(numbers_of(index.rows_within(1, 29, 1000)) == Numbers{5});
  CHECK(index.rows_within(1, 30, 1000).empty());
  CHECK(index.rows_within(3, 0, 1000).empty());
}

TEST_CASE("nothing is swept while the oldest row's log is live and the journal short") {
  Journal journal;
  CHECK_FALSE(journal.index.plan_sweep().has_value());
  journal.add(1);
  journal.add(2);
  journal.end(2);
  CHECK_FALSE(journal.index.plan_sweep().has_value());
}

TEST_CASE("rows of ended logs are swept up to the first that a live one needs") {
  Journal journal;
  journal.add(1);
  journal.add(2);
  journal.add(1);
  journal.add(3);
  journal.add(2);
  journal.end(1);
  CHECK(journal.index.plan_sweep() == 1);
  journal.end(2);
  CHECK(journal.index.plan_sweep() == 3);
  journal.end(3);
  CHECK(journal.index.plan_sweep() == 5);
}

TEST_CASE("the older half of a journal with too many rows is swept, whoever's they are") {
  Journal journal(JournalLimits{10, 1'000'000});
  for (int i = 0; i < 10; ++i) journal.add(1 + i % 2);
  CHECK_FALSE(journal.index.plan_sweep().has_value());
  journal.add(1);
  CHECK(journal.index.plan_sweep() == 6);
}

TEST_CASE("the older half of a journal with too many bytes is swept, a single row whole") {
  Journal journal(JournalLimits{1000, kRowBytes * 2});
  for (int i = 0; i < 3; ++i) journal.add(1);
  CHECK(journal.index.plan_sweep() == 2);
  Journal single(JournalLimits{1000, kRowBytes - 1});
  single.add(1);
  CHECK(single.index.plan_sweep() == 1);
}

TEST_CASE("what was moved is found no more, what was deleted counts no more") {
  Journal journal(JournalLimits{3, 1'000'000});
  for (int i = 0; i < 4; ++i) journal.add(1 + i % 2);
  JournalIndex& index = journal.index;
  REQUIRE(index.plan_sweep() == 2);
  std::vector<LogKey> keys = index.logs_up_to(2);
  std::sort(keys.begin(), keys.end());
  CHECK(keys == std::vector<LogKey>{1, 2});
  CHECK(numbers_of(index.rows_up_to(1, 2)) == Numbers{1});
  index.on_moved(1, 2);
  index.on_moved(2, 2);
  CHECK(index.logs_up_to(2).empty());
  CHECK(numbers_of(index.rows_within(1, 0, 1000)) == Numbers{3});
  index.on_deleted(2, 2 * kRowBytes);
  CHECK(index.first_row() == 3);
  CHECK_FALSE(index.plan_sweep().has_value());
}

TEST_CASE("a log whose rows have all gone goes on where it was, in a new row") {
  Journal journal;
  journal.add(1);
  journal.index.on_moved(1, 1);
  CHECK_FALSE(journal.index.find_tail(1).has_value());
  JournalChange change;
  change.key = 1;
  change.rows.push_back({journal.index.next_row(), kRowBytes, kRowBytes});
  journal.index.apply(change);
  CHECK(journal.index.find_tail(1)->last == JournalRow{2, kRowBytes, kRowBytes});
}

TEST_CASE("rows that an interrupted sweep left behind are swept away") {
  JournalIndex index;
  index.begin_at(100);
  index.add_dead_row(100, kRowBytes);
  index.add_dead_row(101, kRowBytes);
  CHECK(index.next_row() == 102);
  CHECK(index.plan_sweep() == 101);
  CHECK(index.logs_up_to(101).empty());
}
