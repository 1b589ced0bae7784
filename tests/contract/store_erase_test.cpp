// Deleting: what every LogStore promises of it, and how the SQLite store gives the space back.
#include <sys/stat.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "core/base/sha256.hpp"
#include "core/store/memory_store.hpp"
#include "core/store/sqlite/sqlite_store.hpp"
#include "support/faulty_disk.hpp"
#include "support/log_writer.hpp"
#include "support/noise.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::store;
using namespace vela::test;
using sqlite::JournalLimits;
using sqlite::SqliteStore;

namespace {

// Keeps no free space of its own.
constexpr JournalLimits kTiny{20, 0};

struct InMemory {
  MemoryStore store;
  LogStore& get() { return store; }
};

struct OnSqlite {
  test::TempDir dir;
  std::unique_ptr<LogStore> store = SqliteStore::open(dir / "x.db", kTiny).value();
  LogStore& get() { return *store; }
};

// What the hub commits when a log is deleted.
BatchItem deletion_of(LogWriter& writer, int second) {
  LogRecord& record = writer.record();
  record.state = logs::LogState::incomplete;
  record.reason = "deleted";
  record.deleted = at_second(second);
  ++record.generation.number;
  record.generation.cut = 0;
  record.cuts.push_back(0);
  BatchItem item;
  item.key = record.key;
  item.record = record;
  item.digest_state = base::Sha256().save();
  item.voided = {record.key};
  return item;
}

void erase(LogStore& store, LogWriter& writer, int second = 100) {
  REQUIRE(store.commit({deletion_of(writer, second)}).has_value());
}

std::vector<LogFacts> all_facts(LogStore& store) { return store.load_facts(0, 1000).value(); }

std::int64_t number(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(::sqlite3_busy_timeout(database, 5000) == SQLITE_OK);
  REQUIRE(::sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  REQUIRE(::sqlite3_step(statement) == SQLITE_ROW);
  const std::int64_t value = ::sqlite3_column_int64(statement, 0);
  ::sqlite3_finalize(statement);
  ::sqlite3_close(database);
  return value;
}

std::int64_t pages_of(const std::string& path) { return number(path, "PRAGMA page_count"); }

std::int64_t disk_bytes(const std::string& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return std::int64_t{status.st_blocks} * 512;
}

void write_log(LogWriter& writer, int pieces, std::size_t size) {
  writer.commit("", true);
  for (int i = 0; i < pieces; ++i) writer.commit(noise_of(size, static_cast<unsigned>(i)));
  writer.seal();
}

}  // namespace

TEST_CASE_TEMPLATE("a deleted log is empty at once and stays known, others are untouched", Kind,
                   InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter gone(store, id_of(1));
  LogWriter kept(store, id_of(2));
  write_log(gone, 5, 20'000);
  write_log(kept, 5, 20'000);
  bool is_swept = false;
  SUBCASE("from the journal") {}
  SUBCASE("from frames") { is_swept = true; }
  if (is_swept) sweep_all(store);
  erase(store, gone);
  for (int i = 0; i < 2; ++i) {
    const auto found = store.find(id_of(1)).value();
    REQUIRE(found.has_value());
    CHECK(found->record == gone.record());
    CHECK(found->length == 0);
    CHECK(found->digest_state == base::Sha256().save());
    CHECK(store.find(id_of(2)).value()->length == 100'000);
    CHECK(read_all(store, kept.key(), 0, 300'000) == kept.bytes());
    CHECK(store.load_build(id_of(1).build).value().size() == 2);
    CHECK(store.load_open_logs().value().empty());
    sweep_all(store);
  }
  CHECK(read_all(store, gone.key(), 0, 1000).empty());
  CHECK(store.space().logs_erased == 1);
  CHECK(store.space().logs_to_erase == 0);
}

TEST_CASE_TEMPLATE("a log begins anew under another key, before or after the old one is erased",
                   Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter old(store, id_of(1));
  write_log(old, 5, 20'000);
  bool is_erased = false;
  bool is_one_commit = false;
  SUBCASE("before") {}
  SUBCASE("after") { is_erased = true; }
  SUBCASE("in the same commit") { is_one_commit = true; }
  if (!is_one_commit) erase(store, old);
  if (is_erased) sweep_all(store);
  LogWriter fresh(store, id_of(1));
  fresh.record().generation = {2, 0};
  BatchItem item = fresh.item("anew", true);
  item.voided = {old.key()};
  REQUIRE(store.commit({item}).has_value());
  fresh.commit(noise_of(50'000, 1));
  for (int i = 0; i < 2; ++i) {
    const auto found = store.find(id_of(1)).value();
    REQUIRE(found.has_value());
    CHECK(found->record == fresh.record());
    CHECK(found->length == fresh.bytes().size());
    CHECK(read_all(store, fresh.key(), 0, 300'000) == fresh.bytes());
    CHECK(store.load_build(id_of(1).build).value().size() == 1);
    sweep_all(store);
  }
  CHECK(read_all(store, old.key(), 0, 1000).empty());
}

TEST_CASE_TEMPLATE("facts are told of every log that is not deleted, page by page", Kind, InMemory,
                   OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  std::vector<std::unique_ptr<LogWriter>> writers;
  for (int i = 1; i <= 5; ++i) {
    writers.push_back(std::make_unique<LogWriter>(store, id_of(i)));
    writers.back()->commit("", true);
    writers.back()->commit(std::string(static_cast<std::size_t>(i) * 100, 'x'));
    if (i == 2) writers.back()->record().last_output = at_second(77);
    if (i != 5) writers.back()->seal();
  }
  erase(store, *writers[2]);
  const auto facts = all_facts(store);
  REQUIRE(facts.size() == 4);
  CHECK(facts[0].key == writers[0]->key());
  CHECK(facts[0].id == id_of(1));
  CHECK(facts[0].bytes == 100);
  CHECK(facts[0].state == logs::LogState::sealed);
  CHECK(facts[0].last_output == at_second(1));
  CHECK(facts[1].last_output == at_second(77));
  CHECK(facts[3].bytes == 500);
  CHECK(facts[3].state == logs::LogState::running);
  CHECK(facts[3].last_output == at_second(0));
  CHECK(store.load_facts(0, 2).value().size() == 2);
  const auto rest = store.load_facts(facts[1].key, 2).value();
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].key == facts[2].key);
  CHECK(store.load_facts(facts[3].key, 2).value().empty());
}

TEST_CASE_TEMPLATE("what is left of a deleted log is forgotten when it is old", Kind, InMemory,
                   OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter first(store, id_of(1));
  LogWriter second(store, id_of(2));
  write_log(first, 1, 100);
  write_log(second, 1, 100);
  const logs::BuildId build = id_of(1).build;
  REQUIRE(store.set_build_end(build, at_second(9)).has_value());
  erase(store, first, 100);
  erase(store, second, 200);
  sweep_all(store);
  CHECK(store.forget_deleted(at_second(100), 10).value() == 0);
  CHECK(store.forget_deleted(at_second(150), 10).value() == 1);
  CHECK_FALSE(store.find(id_of(1)).value().has_value());
  CHECK(store.find(id_of(2)).value().has_value());
  CHECK(store.find_build_end(build).value().has_value());
  CHECK(store.forget_deleted(at_second(300), 10).value() == 1);
  CHECK_FALSE(store.find(id_of(2)).value().has_value());
  CHECK_FALSE(store.find_build_end(build).value().has_value());
}

TEST_CASE("the space of what was deleted goes back to the file system, in small steps") {
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  auto store = SqliteStore::open(path, kTiny).value();
  LogWriter before(*store, id_of(1));
  LogWriter large(*store, id_of(2));
  LogWriter behind(*store, id_of(3));
  write_log(before, 3, 100'000);
  sweep_all(*store);
  write_log(large, 40, 500'000);
  sweep_all(*store);
  // Lies behind it in the file and has to move.
  write_log(behind, 10, 100'000);
  sweep_all(*store);
  const std::int64_t pages = pages_of(path);
  CHECK(pages > 20'000'000 / 16'384);
  erase(*store, large);
  int steps = 0;
  for (bool more = true; more; ++steps) more = store->sweep().value();
  CHECK(steps > 2);
  CHECK(number(path, "PRAGMA freelist_count") == 0);
  CHECK(pages_of(path) < 2'000'000 / 16'384);
  CHECK(store->space().bytes_given_back >= 16'384 * 1'100);
  CHECK(read_all(*store, before.key(), 0, 300'000) == before.bytes());
  CHECK(read_all(*store, behind.key(), 0, 300'000) == behind.bytes());
  REQUIRE(store->close().has_value());
  CHECK(disk_bytes(path) < 2'500'000);
  auto reopened = SqliteStore::open(path, kTiny).value();
  CHECK(read_all(*reopened, behind.key(), 0, 300'000) == behind.bytes());
}

TEST_CASE("the journal rows of a deleted log go when a running log no longer stands before them") {
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  auto store = SqliteStore::open(path, JournalLimits()).value();
  LogWriter running(*store, id_of(1));
  LogWriter gone(*store, id_of(2));
  running.commit("first", true);
  write_log(gone, 3, 1000);
  erase(*store, gone);
  sweep_all(*store);
  // The running log's row stands before them; a restart must know what the others are.
  CHECK(number(path, "SELECT count(*) FROM journal") == 4);
  CHECK(number(path, "SELECT count(*) FROM erasures") == 1);
  CHECK(store->forget_deleted(at_second(1000), 10).value() == 0);
  REQUIRE(store->close().has_value());
  store = SqliteStore::open(path, JournalLimits()).value();
  CHECK(store->find(id_of(2)).value()->length == 0);
  LogRecord record = running.record();
  record.state = logs::LogState::sealed;
  BatchItem seal;
  seal.key = running.key();
  seal.record = record;
  seal.digest_state = running.digest_state();
  REQUIRE(store->commit({seal}).has_value());
  sweep_all(*store);
  CHECK(number(path, "SELECT count(*) FROM journal") == 0);
  CHECK(number(path, "SELECT count(*) FROM erasures") == 0);
  CHECK(read_all(*store, running.key(), 0, 100) == "first");
}

TEST_CASE("a store of the first schema is opened, its logs have an age") {
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  {
    auto store = SqliteStore::open(path).value();
    LogWriter sealed(*store, id_of(1));
    write_log(sealed, 1, 100);
    LogWriter given_up(*store, id_of(2));
    given_up.record().state = logs::LogState::incomplete;
    given_up.commit("x", true);
  }
  sqlite3* database = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(::sqlite3_exec(database,
                         "DROP TABLE erasures; DROP INDEX deleted_logs;"
                         "ALTER TABLE logs DROP COLUMN deleted;"
                         "ALTER TABLE logs DROP COLUMN last_output; PRAGMA user_version=1",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
  ::sqlite3_close(database);
  auto store = SqliteStore::open(path).value();
  const auto facts = all_facts(*store);
  REQUIRE(facts.size() == 2);
  CHECK(facts[0].last_output == at_second(1));
  CHECK(facts[1].last_output > at_second(1));
}

TEST_CASE("a crash at any moment of deleting harms no other log, and the next start goes on") {
  const TempDir dir;
  FaultyDisk disk;
  std::string kept_bytes;
  LogKey kept_key = 0;
  std::array<LogKey, 2> gone_keys{};
  // How many changes had been made when the deletion was acknowledged.
  std::array<std::size_t, 2> deleted_at{};
  std::size_t begin = 0;
  {
    auto store = SqliteStore::open(dir / "x.db", kTiny).value();
    LogWriter first(*store, id_of(1));
    LogWriter second(*store, id_of(2));
    LogWriter kept(*store, id_of(3));
    write_log(first, 6, 120'000);
    write_log(second, 3, 10'000);
    write_log(kept, 6, 50'000);
    bool is_swept = true;
    SUBCASE("from frames") {}
    SUBCASE("from the journal") { is_swept = false; }
    if (is_swept) sweep_all(*store);
    begin = disk.changes();
    erase(*store, first);
    deleted_at[0] = disk.changes();
    static_cast<void>(store->sweep());
    erase(*store, second);
    deleted_at[1] = disk.changes();
    sweep_all(*store);
    kept_bytes = kept.bytes();
    kept_key = kept.key();
    gone_keys = {first.key(), second.key()};
  }
  const std::size_t end = disk.changes();
  std::mt19937 random(5);
  for (std::size_t changes = begin; changes <= end; changes += 1 + random() % 7) {
    CAPTURE(changes);
    const std::array ways{Unsynced::kept, Unsynced::lost, Unsynced::torn};
    const TempDir image;
    disk.write_image(changes, ways[random() % ways.size()], static_cast<std::uint32_t>(changes),
                     image.path());
    auto store = SqliteStore::open(image / "x.db", kTiny).value();
    for (int round = 0; round < 2; ++round) {
      for (int i = 0; i < 2; ++i) {
        const auto found = store->find(id_of(i + 1)).value();
        REQUIRE(found.has_value());
        if (changes >= deleted_at[i]) CHECK(found->record.deleted.has_value());
        // Deleted or whole, nothing between.
        const std::size_t length = i == 0 ? 720'000 : 30'000;
        CHECK(found->length == (found->record.deleted ? 0 : length));
        if (!found->record.deleted)
          CHECK(read_all(*store, gone_keys[i], 0, 300'000).size() == length);
      }
      CHECK((read_all(*store, kept_key, 0, 300'000) == kept_bytes));
      sweep_all(*store);
    }
    REQUIRE(store->close().has_value());
    CHECK(number(image / "x.db", "SELECT count(*) FROM erasures") == 0);
    CHECK(number(image / "x.db",
                 "SELECT count(*) FROM frames WHERE log NOT IN"
                 " (SELECT key FROM logs WHERE deleted IS NULL)") == 0);
    CHECK(number(image / "x.db", "PRAGMA freelist_count") == 0);
  }
}
