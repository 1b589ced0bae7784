// Stores of every schema that was released, brought up to date; and those that are newer, left alone.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sqlite3.h>

#include "core/base/sha256.hpp"
#include "core/store/backup.hpp"
#include "core/store/log_store.hpp"
#include "support/log_writer.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::store;

namespace {

const std::string kStores = VELA_SOURCE_DIR "/tests/data/stores/";

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  char* failure = nullptr;
  const int code = ::sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &failure);
  CAPTURE(failure);
  REQUIRE(code == SQLITE_OK);
  ::sqlite3_close(database);
}

std::string ask_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  std::string answer;
  const auto keep = [](void* into, int, char** values, char**) {
    *static_cast<std::string*>(into) = values[0];
    return 0;
  };
  REQUIRE(::sqlite3_exec(database, sql.c_str(), keep, &answer, nullptr) == SQLITE_OK);
  ::sqlite3_close(database);
  return answer;
}

// The schemas of which there is a store, ascending.
std::vector<int> stored_versions() {
  std::vector<int> versions;
  for (const auto& entry : std::filesystem::directory_iterator(kStores))
    if (entry.path().extension() == ".sql")
      versions.push_back(std::stoi(entry.path().stem().string().substr(1)));
  std::sort(versions.begin(), versions.end());
  return versions;
}

// What a new store has.
int newest_version() {
  const test::TempDir dir;
  open_store(dir / "x.db").value().reset();
  return std::stoi(ask_sql(dir / "x.db", "PRAGMA user_version"));
}

struct Entry {
  std::string log;
  std::size_t bytes = 0;
  std::string sha256;
  std::string state;
};

std::vector<Entry> entries_of(int version) {
  std::ifstream list(kStores + "v" + std::to_string(version) + ".txt");
  std::vector<Entry> entries;
  Entry entry;
  while (list >> entry.log >> entry.bytes >> entry.sha256 >> entry.state) entries.push_back(entry);
  return entries;
}

std::string digest_of(const std::string& bytes) {
  base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

void check_content(LogStore& store, int version) {
  const std::vector<Entry> entries = entries_of(version);
  REQUIRE(entries.size() >= 5);
  for (const Entry& entry : entries) {
    CAPTURE(entry.log);
    const auto log = store.find(logs::LogId::parse(entry.log).value()).value();
    REQUIRE(log.has_value());
    CHECK(log->length == entry.bytes);
    CHECK(logs::to_string(log->record.state) == entry.state);
    const std::string bytes = test::read_all(store, log->record.key, 0, 64 * 1024);
    CHECK(digest_of(bytes) == entry.sha256);
    // The digest goes on where the server before stopped.
    const auto saved = base::Sha256::restore(log->digest_state);
    REQUIRE(saved.has_value());
    CHECK(saved->hex_digest() == digest_of(bytes.substr(log->record.base)));
    if (entry.state == "sealed" && !log->record.seal->sha256.empty())
      CHECK(log->record.seal->sha256 == entry.sha256);
  }
  CHECK(store.find_build_end({"octocat", "hello", 41}).value().has_value());
  CHECK_FALSE(store.find_build_end({"octocat", "hello", 42}).value().has_value());
  CHECK(store.load_open_logs().value().size() == 2);
}

}  // namespace

TEST_CASE("there is a store of each schema before the present one") {
  const std::vector<int> versions = stored_versions();
  REQUIRE_FALSE(versions.empty());
  const int newest = newest_version();
  CHECK(versions.back() <= newest);
  for (int version = 1; version < newest; ++version)
    CHECK(std::count(versions.begin(), versions.end(), version) == 1);
}

TEST_CASE("a store of any earlier schema is brought up to date with all that is in it") {
  for (const int version : stored_versions()) {
    CAPTURE(version);
    const test::TempDir dir;
    const std::string path = dir / "x.db";
    run_sql(path, test::read_file(kStores + "v" + std::to_string(version) + ".sql"));
    REQUIRE(ask_sql(path, "PRAGMA user_version") == std::to_string(version));
    {
      auto store = open_store(path).value();
      check_content(*store, version);
      REQUIRE(store->close().has_value());
    }
    CHECK(ask_sql(path, "PRAGMA user_version") == std::to_string(newest_version()));
    CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
    CHECK(ask_sql(path, "PRAGMA page_size") == "16384");
    CHECK(ask_sql(path, "PRAGMA auto_vacuum") == "2");

    // It is a store like any other from now on.
    auto store = open_store(path).value();
    check_content(*store, version);
    test::LogWriter writer(*store, {{"octocat", "hello", 43}, logs::LogKind::step, 1});
    writer.commit("after the upgrade\n", true);
    CHECK(test::read_all(*store, writer.key(), 0, 1000) == "after the upgrade\n");
    const auto copy = back_up_store(path, dir / "copy.db");
    REQUIRE(copy.has_value());
    CHECK(copy->compared == entries_of(version).size() + 1);
  }
}

TEST_CASE("a backup before an upgrade is of the schema that the older program reads") {
  const int newest = newest_version();
  for (const int version : stored_versions()) {
    CAPTURE(version);
    const test::TempDir dir;
    run_sql(dir / "x.db", test::read_file(kStores + "v" + std::to_string(version) + ".sql"));
    const auto copy = back_up_store(dir / "x.db", dir / "copy.db");
    REQUIRE(copy.has_value());
    CHECK(copy->logs == entries_of(version).size());
    CHECK(copy->compared == (version == newest ? copy->logs : 0));
    CHECK(ask_sql(dir / "copy.db", "PRAGMA user_version") == std::to_string(version));
  }
}

TEST_CASE("a store of a newer schema is refused with both versions and what to do, and untouched") {
  const test::TempDir dir;
  const std::string path = dir / "x.db";
  {
    auto store = open_store(path).value();
    test::LogWriter writer(*store, test::id_of(1));
    writer.commit("of the newer program\n", true);
  }
  const int newest = newest_version();
  run_sql(path, "PRAGMA user_version=" + std::to_string(newest + 7));
  // As after kill -9 of the newer program: its last commits are in the write-ahead log alone.
  {
    sqlite3* database = nullptr;
    REQUIRE(::sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    REQUIRE(::sqlite3_exec(database, "CREATE TABLE later(a); INSERT INTO later VALUES(1)", nullptr,
                           nullptr, nullptr) == SQLITE_OK);
    for (const char* suffix : {"", "-wal"})
      std::filesystem::copy_file(path + suffix, dir / (std::string("y.db") + suffix));
    ::sqlite3_close(database);
  }
  const std::string left = dir / "y.db";
  const std::string database = test::read_file(left);
  const std::string log = test::read_file(left + "-wal");
  REQUIRE_FALSE(log.empty());
  for (int tries = 0; tries < 2; ++tries) {
    const auto store = open_store(left);
    REQUIRE_FALSE(store.has_value());
    const std::string text = store.error().text();
    CHECK(store.error().code() == ErrorCode::corrupt);
    CHECK(text.find("schema " + std::to_string(newest + 7)) != std::string::npos);
    CHECK(text.find("up to " + std::to_string(newest)) != std::string::npos);
    CHECK(text.find("restore the backup made before the upgrade") != std::string::npos);
  }
  CHECK((test::read_file(left) == database));
  CHECK((test::read_file(left + "-wal") == log));
  CHECK(back_up_store(left, dir / "copy.db").error().code() == ErrorCode::corrupt);
}
