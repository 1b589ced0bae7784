// How the SQLite store moves what has settled, seen from outside: nothing changes for a reader.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "core/store/sqlite/sqlite_store.hpp"
#include "support/log_writer.hpp"
#include "support/noise.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::store;
using namespace vela::test;
using sqlite::JournalLimits;
using sqlite::SqliteStore;

namespace {

constexpr JournalLimits kSmallJournal{20, 64 * 1024 * 1024};
constexpr std::uint64_t kMinFrameBytes = 64 * 1024;
constexpr std::uint64_t kMaxFrameBytes = 256 * 1024;

// The numbers that `sql` answers, row by row, through a connection of its own.
std::vector<std::int64_t> query(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(::sqlite3_busy_timeout(database, 5000) == SQLITE_OK);
  REQUIRE(::sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  std::vector<std::int64_t> numbers;
  int code = ::sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = ::sqlite3_step(statement))
    for (int column = 0; column < ::sqlite3_column_count(statement); ++column)
      numbers.push_back(::sqlite3_column_int64(statement, column));
  CHECK(code == SQLITE_DONE);
  ::sqlite3_finalize(statement);
  ::sqlite3_close(database);
  return numbers;
}

std::unique_ptr<SqliteStore> open_small(const std::string& path) {
  return SqliteStore::open(path, kSmallJournal).value();
}

void check_log(LogStore& store, const LogWriter& writer, const logs::LogId& id) {
  const auto found = store.find(id).value();
  REQUIRE(found.has_value());
  CHECK(found->length == writer.bytes().size());
  CHECK(found->digest_state == writer.digest_state());
  CHECK(read_all(store, writer.key(), 0, 300'000) == writer.bytes());
  const std::size_t middle = writer.bytes().size() / 2;
  CHECK(read_all(store, writer.key(), middle, 1000) == writer.bytes().substr(middle));
}

}  // namespace

TEST_CASE("live logs are swept when the journal is long, and go on as if they were not") {
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  auto store = open_small(path);
  std::vector<std::unique_ptr<LogWriter>> writers;
  for (int i = 1; i <= 7; ++i) {
    writers.push_back(std::make_unique<LogWriter>(*store, id_of(i)));
    writers.back()->commit("", true);
  }
  for (unsigned round = 0; round < 60; ++round) {
    for (unsigned i = 0; i < writers.size(); ++i)
      if (round % (i + 1) == 0) writers[i]->commit(noise_of(100 + 3000 * i, round));
    if (round % 5 == 0) sweep_all(*store);
  }
  sweep_all(*store);
  CHECK(query(path, "SELECT count(*) FROM journal")[0] <= 20);
  for (int i = 1; i <= 7; ++i) check_log(*store, *writers[i - 1], id_of(i));
}

TEST_CASE("what was swept is the same after the store was closed and opened") {
  const test::TempDir dir;
  std::string bytes;
  std::string digest_state;
  LogKey key = 0;
  {
    auto store = open_small(dir / "x.db");
    LogWriter writer(*store, id_of(1));
    writer.commit("", true);
    for (unsigned i = 0; i < 50; ++i) writer.commit(noise_of(5000, i));
    sweep_all(*store);
    bytes = writer.bytes();
    digest_state = writer.digest_state();
    key = writer.key();
    REQUIRE(store->close().has_value());
  }
  auto store = open_small(dir / "x.db");
  const auto logs = store->load_open_logs().value();
  REQUIRE(logs.size() == 1);
  CHECK(logs[0].length == bytes.size());
  CHECK(logs[0].digest_state == digest_state);
  CHECK(read_all(*store, key, 0, 100'000) == bytes);
  BatchItem more;
  more.key = key;
  more.slices.push_back(slice_of(bytes.size(), "more"));
  more.digest_state = digest_state;
  REQUIRE(store->commit({more}).has_value());
  CHECK(read_all(*store, key, 0, 100'000) == bytes + "more");
}

TEST_CASE("pieces small and large become frames of 64 to 256 KiB with their marks") {
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  auto store = open_small(path);
  LogWriter writer(*store, id_of(1));
  writer.commit("", true);
  for (unsigned i = 0; i < 300; ++i) writer.commit(noise_of(i % 40 == 0 ? 150'000 : 3'000, i));
  writer.seal();
  sweep_all(*store);
  CHECK(query(path, "SELECT count(*) FROM journal")[0] == 0);
  const auto lengths = query(path, "SELECT length FROM frames ORDER BY begin");
  std::size_t small = 0;
  for (const std::int64_t length : lengths) {
    CHECK(static_cast<std::uint64_t>(length) <= kMaxFrameBytes);
    if (static_cast<std::uint64_t>(length) < kMinFrameBytes) ++small;
  }
  CHECK(lengths.size() > 8);
  CHECK(small <= lengths.size() / 4);
  check_log(*store, writer, id_of(1));

  // Each commit had a second of its own.
  int second = 0;
  for (logs::Offset at = 0; at < writer.bytes().size();)
    for (const logs::ChunkSlice& slice : store->read(writer.key(), at, 1'000'000).value()) {
      for (const logs::TimeMark& mark : slice.marks()) {
        if (mark.time == at_second(second - 1)) continue;  // cut by the frame
        CHECK(mark.time == at_second(second++));
      }
      at = slice.end;
    }
  CHECK(second == 300);
}

TEST_CASE("a log reads the same between any two steps of a sweep, and may grow meanwhile") {
  const test::TempDir dir;
  auto store = open_small(dir / "x.db");
  LogWriter large(*store, id_of(1));
  LogWriter small(*store, id_of(2));
  large.commit("", true);
  small.commit("", true);
  for (unsigned i = 0; i < 10; ++i) {
    large.commit(noise_of(2'000'000, i));
    small.commit("line\n");
  }
  for (bool more = true; more;) {
    more = store->sweep().value();
    small.commit("meanwhile\n");
    CHECK(read_all(*store, large.key(), 19'000'000, 400'000) == large.bytes().substr(19'000'000));
    CHECK(read_all(*store, small.key(), 0, 100) == small.bytes());
  }
  check_log(*store, large, id_of(1));
}

TEST_CASE("a sweep that was cut short by kill -9 is made good at the next start") {
  for (const int steps : {1, 2, 3, 5}) {
    CAPTURE(steps);
    const test::TempDir dir;
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = open_small(dir / "x.db");
      LogWriter first(*store, id_of(1));
      LogWriter second(*store, id_of(2));
      first.commit("", true);
      second.commit("", true);
      for (unsigned i = 0; i < 30; ++i) {
        first.commit(noise_of(400'000, i));
        second.commit(noise_of(1000, i));
      }
      for (int i = 0; i < steps; ++i) static_cast<void>(store->sweep());
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));

    auto store = open_small(dir / "x.db");
    const auto check = [&](int number, std::size_t size) {
      const auto found = store->find(id_of(number)).value();
      REQUIRE(found.has_value());
      std::string expected;
      base::Sha256 digest;
      for (unsigned i = 0; i < 30; ++i) expected += noise_of(size, i);
      digest.update(expected);
      CHECK(found->length == expected.size());
      CHECK(found->digest_state == digest.save());
      CHECK(read_all(*store, found->record.key, 0, 500'000) == expected);
    };
    check(1, 400'000);
    sweep_all(*store);
    check(1, 400'000);
    check(2, 1000);
  }
}

TEST_CASE("readers never see a hole or a wrong byte while commits and sweeps go on") {
  const test::TempDir dir;
  auto store = open_small(dir / "x.db");
  const std::string line = "0123456789abcdef";
  LogWriter writer(*store, id_of(1));
  LogWriter beside(*store, id_of(2));
  writer.commit(line, true);
  beside.commit(line, true);
  std::atomic<bool> is_over = false;
  std::atomic<int> failures = 0;
  const auto follow = [&] {
    logs::Offset at = 0;
    while (true) {
      const bool was_over = is_over;
      const auto slices = store->read(writer.key(), at, 1000);
      const auto found = store->find(id_of(1));
      if (!slices || !found || !*found || (*found)->length < at) ++failures;
      if (!slices || failures != 0 || (slices->empty() && was_over)) return;
      for (const logs::ChunkSlice& slice : *slices) {
        if (slice.begin != at) ++failures;
        for (const char byte : slice.bytes())
          if (byte != line[at++ % line.size()]) ++failures;
      }
    }
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) readers.emplace_back(follow);
  for (unsigned i = 0; i < 400; ++i) {
    writer.commit(line + line);
    beside.commit(line);
    if (i % 3 == 0) static_cast<void>(store->sweep());
  }
  is_over = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(failures == 0);
  check_log(*store, writer, id_of(1));
}

TEST_CASE("a journal with a hole is not opened, damaged bytes are not handed out") {
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  LogKey key = 0;
  {
    auto store = SqliteStore::open(path).value();
    LogWriter writer(*store, id_of(1));
    writer.commit("", true);
    for (int i = 0; i < 3; ++i) writer.commit(noise_of(1000, 1));
    key = writer.key();
  }
  SUBCASE("a row is missing") {
    query(path, "DELETE FROM journal WHERE begin=1000");
    const auto store = SqliteStore::open(path);
    REQUIRE_FALSE(store.has_value());
    CHECK(store.error().code() == ErrorCode::corrupt);
  }
  SUBCASE("a row holds something else") {
    query(path, "UPDATE journal SET data=zeroblob(50) WHERE begin=1000");
    const auto store = SqliteStore::open(path).value();
    CHECK(store->read(key, 0, 1000).has_value());
    const auto slices = store->read(key, 0, 1001);
    REQUIRE_FALSE(slices.has_value());
    CHECK(slices.error().code() == ErrorCode::corrupt);
  }
}
