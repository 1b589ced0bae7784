// What the SQLite store promises beside the contract: its file.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "core/base/sha256.hpp"
#include "core/store/log_store.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::store;

namespace {

BatchItem item_of(LogKey key, logs::Offset begin, const std::string& bytes,
                  const base::Sha256& digest) {
  BatchItem item;
  item.key = key;
  logs::Chunk chunk{begin, bytes, {{begin, base::wall_now(), logs::Stream::out}}};
  const auto shared = std::make_shared<const logs::Chunk>(std::move(chunk));
  item.slices.push_back({shared, shared->begin, shared->end()});
  item.digest_state = digest.save();
  return item;
}

LogRecord record_of(LogKey key) {
  LogRecord record;
  record.key = key;
  record.id = {{"octocat", "hello", 42}, logs::LogKind::step, 1};
  record.state = logs::LogState::running;
  return record;
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  REQUIRE(::sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  ::sqlite3_close(database);
}

std::string open_error(const std::string& url) {
  const auto store = open_store(url);
  return store ? std::string() : store.error().text();
}

// Commits "0\n", "1\n", … until it is killed, telling over `pipe` after each commit.
[[noreturn]] void write_forever(const std::string& path, int pipe) {
  auto store = open_store(path).value();
  const LogKey key = store->allocate_key();
  base::Sha256 digest;
  logs::Offset end = 0;
  for (int i = 0;; ++i) {
    const std::string line = std::to_string(i) + "\n";
    digest.update(line);
    BatchItem item = item_of(key, end, line, digest);
    if (i == 0) item.record = record_of(key);
    if (!store->commit({item})) ::_exit(1);
    end += line.size();
    if (::write(pipe, ".", 1) != 1) ::_exit(1);
  }
}

}  // namespace

TEST_CASE("what was committed is there after kill -9, whole and with its digest") {
  for (const int commits : {1, 7, 50}) {
    CAPTURE(commits);
    const test::TempDir dir;
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = ::fork();
    if (child == 0) write_forever(dir / "x.db", pipe[1]);
    char byte = 0;
    for (int i = 0; i < commits; ++i) REQUIRE(::read(pipe[0], &byte, 1) == 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);

    const auto store = open_store(dir / "x.db").value();
    const auto found = store->load_open_logs().value();
    REQUIRE(found.size() == 1);
    std::string expected;
    int lines = 0;
    while (expected.size() < found[0].length) expected += std::to_string(lines++) + "\n";
    CHECK(lines >= commits);
    CHECK(expected.size() == found[0].length);
    std::string bytes;
    while (bytes.size() < found[0].length)
      for (const auto& slice : store->read(found[0].record.key, bytes.size(), 64).value())
        bytes += slice.bytes();
    CHECK(bytes == expected);
    base::Sha256 digest;
    digest.update(expected);
    CHECK(base::Sha256::restore(found[0].digest_state).value().hex_digest() == digest.hex_digest());
    // Keys of logs that are there are not given again.
    CHECK(store->allocate_key() != found[0].record.key);
  }
}

TEST_CASE("a second server on the same database is refused and told what to do") {
  const test::TempDir dir;
  const auto first = open_store(dir / "x.db").value();
  const auto second = open_store("sqlite:" + (dir / "x.db"));
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code() == ErrorCode::conflict);
  CHECK(second.error().text().find("x.db") != std::string::npos);
}

TEST_CASE("the lock goes with its holder") {
  const test::TempDir dir;
  open_store(dir / "x.db").value().reset();
  const auto closed = open_store(dir / "x.db").value();
  REQUIRE(closed->close().has_value());
  CHECK(open_store(dir / "x.db").has_value());
}

TEST_CASE("a database of a newer schema is refused") {
  const test::TempDir dir;
  open_store(dir / "x.db").value().reset();
  run_sql(dir / "x.db", "PRAGMA user_version=9999");
  const auto store = open_store(dir / "x.db");
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().text().find("newer") != std::string::npos);
}

TEST_CASE("what is no database of ours is refused and left alone") {
  const test::TempDir dir;
  SUBCASE("another program's database") {
    run_sql(dir / "x.db", "CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1)");
  }
  SUBCASE("a file that is no database") { dir.write("x.db", std::string(10'000, 'x')); }
  const std::string before = test::read_file(dir / "x.db");
  const auto store = open_store(dir / "x.db");
  REQUIRE_FALSE(store.has_value());
  CHECK(store.error().code() == ErrorCode::corrupt);
  CHECK(store.error().text().find("--store") != std::string::npos);
  CHECK(test::read_file(dir / "x.db") == before);
  // Some programs take a file of that name beside theirs for their own lock.
  CHECK_FALSE(std::filesystem::exists(dir / "x.db.lock"));
}

TEST_CASE("a directory in the store's place is refused with a valid example") {
  const test::TempDir dir;
  CHECK(open_error(dir.path()).find(dir / "vela-logs.db") != std::string::npos);
}

TEST_CASE("nobody else may read what is stored") {
  const test::TempDir dir;
  const auto store = open_store(dir / "x.db").value();
  for (const char* name : {"x.db", "x.db-wal", "x.db-shm"}) {
    CAPTURE(name);
    struct stat status{};
    REQUIRE(::stat((dir / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a file name that means something to SQLite is a file name") {
  const test::TempDir dir;
  const std::string before = std::filesystem::current_path().string();
  std::filesystem::current_path(dir.path());
  for (const char* name : {":memory:", "sqlite:file:y.db?mode=memory"}) {
    CAPTURE(name);
    CHECK(open_store(name).has_value());
  }
  std::filesystem::current_path(before);
  CHECK(std::filesystem::exists(dir / ":memory:"));
  CHECK(std::filesystem::exists(dir / "file:y.db?mode=memory"));
}

TEST_CASE("a password in an unknown store's address is not repeated") {
  CHECK(open_error("postgres://user:secret@host/db").find("secret") == std::string::npos);
}

TEST_CASE("a closed store answers that it is closed") {
  const test::TempDir dir;
  const auto store = open_store(dir / "x.db").value();
  REQUIRE(store->close().has_value());
  REQUIRE(store->close().has_value());
  const auto committed = store->commit({});
  REQUIRE_FALSE(committed.has_value());
  CHECK(committed.error().code() == ErrorCode::unavailable);
  CHECK_FALSE(store->load_open_logs().has_value());
  CHECK_FALSE(store->sweep().has_value());
  CHECK_FALSE(std::filesystem::exists(dir / "x.db-wal"));
}

TEST_CASE("a missing directory is named") {
  const test::TempDir dir;
  CHECK(open_error(dir / "no/such/x.db").find("no/such") != std::string::npos);
}

TEST_CASE("an unknown kind of store and an empty path get an example") {
  CHECK(open_error("mysql://host/db").find("sqlite:") != std::string::npos);
  CHECK(open_error("sqlite:").find("sqlite:") != std::string::npos);
}

TEST_CASE("pages are 16 KiB and space can be given back in steps") {
  const test::TempDir dir;
  open_store(dir / "x.db").value().reset();
  sqlite3* database = nullptr;
  REQUIRE(::sqlite3_open((dir / "x.db").c_str(), &database) == SQLITE_OK);
  const auto pragma = [&](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(::sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(::sqlite3_step(statement) == SQLITE_ROW);
    const int value = ::sqlite3_column_int(statement, 0);
    ::sqlite3_finalize(statement);
    return value;
  };
  CHECK(pragma("PRAGMA page_size") == 16384);
  CHECK(pragma("PRAGMA auto_vacuum") == 2);
  ::sqlite3_close(database);
}
