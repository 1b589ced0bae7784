// Backups of a store that is in use, and what keeps one from getting its name.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "core/base/sha256.hpp"
#include "core/base/unique_fd.hpp"
#include "core/store/backup.hpp"
#include "core/store/log_store.hpp"
#include "core/store/sqlite/database.hpp"
#include "support/log_writer.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::store;
using vela::test::LogWriter;

namespace {

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(::sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  ::sqlite3_close(database);
}

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + "\n";
  return text;
}

ErrorCode code_of(const Result<BackupReport>& report) {
  return report ? ErrorCode::none : report.error().code();
}

// Logs of all kinds: in the journal, in frames, with more than one owner, sealed and not.
struct Scene {
  Scene() {
    for (int i = 0; i < 40; ++i) sealed.commit(numbered_lines(20'000), i == 0);
    sealed.seal();
    test::sweep_all(*store);
    begun.commit("hello ", true);
    begun.commit("world\n");
    taken.commit("of the first owner\n", true);
    taken.take_over();
    taken.commit("of the second\n");
  }

  test::TempDir dir;
  const std::string path = dir / "x.db";
  const std::string target = dir / "copy.db";
  std::unique_ptr<LogStore> store = open_store(path).value();
  LogWriter begun{*store, test::id_of(1)};
  LogWriter taken{*store, test::id_of(2)};
  LogWriter sealed{*store, test::id_of(3)};
};

}  // namespace

TEST_CASE("a backup has every log as it was, its digest with it, and is a store of its own") {
  Scene scene;
  const auto report = back_up_store("sqlite:" + scene.path, scene.target);
  REQUIRE(report.has_value());
  CHECK(report->logs == 3);
  CHECK(report->compared == 3);
  CHECK(report->bytes == std::filesystem::file_size(scene.target));
  struct stat file{};
  REQUIRE(::stat(scene.target.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  CHECK_FALSE(std::filesystem::exists(scene.target + ".partial"));

  scene.begun.commit("and more\n");  // the store goes on, and the copy does not
  auto copy = open_store(scene.target).value();
  CHECK(test::read_all(*copy, scene.begun.key(), 0, 1000) == "hello world\n");
  CHECK(test::read_all(*copy, scene.taken.key(), 0, 1000) == scene.taken.bytes());
  CHECK((test::read_all(*copy, scene.sealed.key(), 0, 1'000'000) == scene.sealed.bytes()));
  const auto sealed = copy->find(test::id_of(3)).value();
  REQUIRE(sealed.has_value());
  CHECK(sealed->record == scene.sealed.record());
  CHECK(sealed->digest_state == scene.sealed.digest_state());
}

TEST_CASE("a log that was deleted is as deleted in the copy, erased or not") {
  Scene scene;
  BatchItem deletion;
  deletion.key = scene.sealed.key();
  deletion.record = scene.sealed.record();
  deletion.record->deleted = test::at_second(100);
  deletion.digest_state = base::Sha256().save();
  deletion.voided = {scene.sealed.key()};
  REQUIRE(scene.store->commit({deletion}).has_value());
  const auto report = back_up_store(scene.path, scene.target);
  REQUIRE(report.has_value());
  CHECK(report->logs == 2);
  CHECK(report->compared == 2);
  auto copy = open_store(scene.target).value();
  CHECK(copy->find(test::id_of(3)).value()->record.deleted.has_value());
  test::sweep_all(*copy);
  CHECK(test::read_all(*copy, scene.sealed.key(), 0, 1000).empty());
  CHECK(test::read_all(*copy, scene.begun.key(), 0, 1000) == "hello world\n");
}

TEST_CASE("a backup beside a writer is one moment of each log, and the writer goes on") {
  Scene scene;
  LogWriter writer(*scene.store, test::id_of(4));
  writer.commit(numbered_lines(1000), true);
  std::atomic<bool> is_done = false;
  std::atomic<int> commits = 0;
  std::thread writing([&] {
    while (!is_done) {
      writer.commit(numbered_lines(1000));
      ++commits;
    }
  });
  for (int i = 0; i < 3; ++i) {
    const std::string target = scene.dir / ("copy" + std::to_string(i));
    const int before = commits;
    const auto report = back_up_store(scene.path, target);
    while (report && commits == before) std::this_thread::yield();
    CHECK(code_of(report) == ErrorCode::none);
    if (report) CHECK(report->compared == 4);
  }
  is_done = true;
  writing.join();
  auto copy = open_store(scene.dir / "copy2").value();
  const std::string bytes = test::read_all(*copy, writer.key(), 0, 1'000'000);
  CHECK(bytes.size() % numbered_lines(1000).size() == 0);
  CHECK((writer.bytes().substr(0, bytes.size()) == bytes));
}

TEST_CASE("a backup writes over nothing, and two of them do not share a file") {
  const Scene scene;
  CHECK(back_up_store(scene.path, scene.dir.write("taken.db", "precious"))
            .error()
            .text()
            .find("there already") != std::string::npos);
  CHECK(test::read_file(scene.dir / "taken.db") == "precious");
  const std::string partial = scene.dir.write("copy.db.partial", "of a backup that was killed");
  {
    const base::UniqueFd other(::open(partial.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    CHECK(code_of(back_up_store(scene.path, scene.target)) == ErrorCode::conflict);
  }
  CHECK(code_of(back_up_store(scene.path, scene.target)) == ErrorCode::none);
  CHECK_FALSE(std::filesystem::exists(partial));
}

TEST_CASE("a backup does not write into a file that has another name too") {
  const Scene scene;
  const std::string other = scene.dir.write("other.db", "precious");
  REQUIRE(::link(other.c_str(), (scene.target + ".partial").c_str()) == 0);
  CHECK(code_of(back_up_store(scene.path, scene.target)) == ErrorCode::conflict);
  CHECK(test::read_file(other) == "precious");
}

TEST_CASE("a store whose bytes are not those of their digest gives no backup") {
  Scene scene;
  REQUIRE(scene.store->close().has_value());
  std::string damage;
  SUBCASE("in the journal") {
    damage =
        "UPDATE journal SET data=CAST(replace(CAST(data AS TEXT), 'world', 'mould') AS BLOB) "
        "WHERE log=1";
  }
  SUBCASE("a frame is gone") { damage = "DELETE FROM frames WHERE log=3 AND begin=0"; }
  SUBCASE("the record says another digest") {
    damage = "UPDATE logs SET digest_state=(SELECT digest_state FROM logs WHERE key=2) WHERE key=3";
  }
  CAPTURE(damage);
  run_sql(scene.path, damage);
  const auto report = back_up_store(scene.path, scene.target);
  REQUIRE_FALSE(report.has_value());
  CHECK(report.error().code() == ErrorCode::corrupt);
  CHECK_FALSE(std::filesystem::exists(scene.target));
  CHECK_FALSE(std::filesystem::exists(scene.target + ".partial"));
}

TEST_CASE("what is no store gives no backup, and what can't be written says so") {
  Scene scene;
  CHECK(code_of(back_up_store(scene.dir / "none.db", scene.target)) == ErrorCode::not_found);
  CHECK(code_of(back_up_store("postgres://x", scene.target)) == ErrorCode::invalid);
  CHECK(code_of(back_up_store(scene.path, "")) == ErrorCode::invalid);
  CHECK(code_of(back_up_store(scene.path, "/nowhere/at/all.db")) == ErrorCode::unavailable);
  run_sql(scene.dir / "theirs.db", "CREATE TABLE theirs(a)");
  CHECK(code_of(back_up_store(scene.dir / "theirs.db", scene.target)) == ErrorCode::corrupt);
  scene.dir.write("text.db", std::string(10'000, 'x'));
  CHECK(code_of(back_up_store(scene.dir / "text.db", scene.target)) == ErrorCode::corrupt);
  CHECK_FALSE(std::filesystem::exists(scene.target));
}

TEST_CASE("somebody who reads for long is no failure of a checkpoint") {
  const Scene scene;
  auto reading = sqlite::Database::open_to_read(scene.path).value();
  auto checkpointing = sqlite::Database::open(scene.path).value();
  REQUIRE(checkpointing.set_up(64 * 1024).has_value());
  {
    sqlite::Transaction snapshot(reading);
    REQUIRE(snapshot.begin_reading().has_value());
    REQUIRE(reading.load_number("SELECT count(*) FROM logs").value() == 3);
    LogWriter writer(*scene.store, test::id_of(5));
    writer.commit("while somebody reads\n", true);
    const auto progress = checkpointing.checkpoint_and_restart();
    REQUIRE(progress.has_value());
    CHECK(progress->is_busy);
  }
  // The store makes checkpoints too, and then each is in the other's way.
  bool is_busy = true;
  for (int tries = 0; tries < 4000 && is_busy; ++tries) {
    const auto progress = checkpointing.checkpoint_and_restart();
    REQUIRE(progress.has_value());
    is_busy = progress->is_busy;
    if (is_busy) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  CHECK_FALSE(is_busy);
}

TEST_CASE("the write-ahead log gives back what it does not use, a step at a time, and no row") {
  constexpr std::int64_t kMiB = 1024 * 1024;
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  auto database = sqlite::Database::open(path).value();
  REQUIRE(database.execute("PRAGMA page_size=16384").has_value());
  REQUIRE(database.load_text("PRAGMA journal_mode=WAL").value() == "wal");
  REQUIRE(database.set_up(64 * 1024).has_value());
  REQUIRE(database.execute("CREATE TABLE rows(data)").has_value());
  for (int i = 0; i < 60; ++i)
    REQUIRE(database.execute("INSERT INTO rows VALUES(randomblob(200000))").has_value());
  const std::int64_t whole = database.log_bytes().value();
  REQUIRE(whole > 10 * kMiB);
  REQUIRE(whole == static_cast<std::int64_t>(std::filesystem::file_size(path + "-wal")));

  // All of it is in use until it begins anew.
  CHECK_FALSE(database.shrink_log(2 * kMiB, 3 * kMiB).value());
  CHECK(database.log_bytes().value() == whole);
  CHECK_FALSE(database.checkpoint_and_restart().value().is_busy);
  REQUIRE(database.execute("INSERT INTO rows VALUES(randomblob(200000))").has_value());
  REQUIRE(database.log_bytes().value() == whole);
  CHECK(database.shrink_log(2 * kMiB, 3 * kMiB).value());
  CHECK(database.log_bytes().value() == whole - 3 * kMiB);
  while (database.shrink_log(2 * kMiB, 3 * kMiB).value()) {
  }
  CHECK(database.log_bytes().value() == 2 * kMiB);

  // As after kill -9 at this moment: the newest row is in the log alone.
  for (const char* suffix : {"", "-wal"})
    std::filesystem::copy_file(path + suffix, dir / (std::string("y.db") + suffix));
  for (const std::string& each : {path, dir / "y.db"}) {
    CAPTURE(each);
    auto other = sqlite::Database::open(each).value();
    CHECK(other.load_number("SELECT count(*) FROM rows").value() == 61);
    CHECK(other.load_text("PRAGMA integrity_check").value() == "ok");
  }
}
