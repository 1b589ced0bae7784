// What every LogStore promises, run on each of them.
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "core/store/log_store.hpp"
#include "core/store/memory_store.hpp"
#include "support/log_writer.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::store;
using namespace vela::test;

namespace {

struct InMemory {
  MemoryStore store;
  LogStore& get() { return store; }
};

struct OnSqlite {
  test::TempDir dir;
  std::unique_ptr<LogStore> store = open_store(dir / "x.db").value();
  LogStore& get() { return *store; }
};

}  // namespace

TEST_CASE_TEMPLATE("a log that nobody wrote is not found and reads as empty", Kind, InMemory,
                   OnSqlite) {
  Kind kind;
  CHECK_FALSE(kind.get().find(id_of(1)).value().has_value());
  CHECK(kind.get().load_build({"octocat", "hello", 42}).value().empty());
  CHECK(kind.get().load_open_logs().value().empty());
}

TEST_CASE_TEMPLATE("every field of a record comes back", Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter writer(store, id_of(65535, logs::LogKind::service));
  LogRecord& record = writer.record();
  record.id.build = {"ö rg", "re'po", 9'007'199'254'740'993};
  record.name = "a \"name\"\n";
  record.owner = logs::WriterId::make_random();
  record.base = 7;
  record.generation = {3, 7};
  record.cuts = {2, 7};
  record.replaced = {logs::WriterId::make_random(), logs::WriterId::make_random()};
  record.state = logs::LogState::incomplete;
  record.status = logs::StepStatus::killed;
  logs::Seal seal;
  seal.length = 1'000'000'000'000;
  seal.from = 7;
  seal.sha256 = std::string(64, 'a');
  seal.status = logs::StepStatus::killed;
  seal.exit_code = -9;
  seal.dropped = 1;
  seal.lost = 2;
  seal.reason = "why";
  record.seal = seal;
  record.reason = "digest mismatch";
  record.created = at_second(1);
  record.started = at_second(2);
  record.finished = at_second(3);
  record.last_output = at_second(4);
  record.deleted = at_second(5);
  writer.commit("", true);
  const auto found = store.find(record.id).value();
  REQUIRE(found.has_value());
  CHECK(found->record == record);
  CHECK(found->length == 0);
  CHECK(found->digest_state == writer.digest_state());
}

TEST_CASE_TEMPLATE("bytes, length and digest state of many commits come back", Kind, InMemory,
                   OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter writer(store, id_of(1));
  writer.commit("", true);
  for (int i = 0; i < 100; ++i) writer.commit("line " + std::to_string(i) + "\n");
  const auto found = store.find(id_of(1)).value();
  REQUIRE(found.has_value());
  CHECK(found->length == writer.bytes().size());
  CHECK(found->digest_state == writer.digest_state());
  for (const logs::Offset from : {0, 1, 100, 500}) {
    CHECK(read_all(store, writer.key(), from, 64) == writer.bytes().substr(from));
    CHECK(read_all(store, writer.key(), from, 1'000'000) == writer.bytes().substr(from));
  }
  CHECK(store.read(writer.key(), writer.bytes().size(), 10).value().empty());
  CHECK(store.read(writer.key(), writer.bytes().size() + 5, 10).value().empty());
}

TEST_CASE_TEMPLATE("any bytes come back, long ones and short ones, before and after a sweep", Kind,
                   InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter writer(store, id_of(1));
  writer.commit("", true);
  writer.commit(std::string("\0\xff\xc3(\r\n", 6));
  writer.commit(std::string(200'000, 'x'));
  std::string noise;
  for (unsigned i = 0, value = 1; i < 3'000'000; ++i) {
    value = value * 1664525 + 1013904223;
    noise.push_back(static_cast<char>(value >> 24));
  }
  writer.commit(noise);
  writer.commit("end");
  CHECK(read_all(store, writer.key(), 0, 256 * 1024) == writer.bytes());
  writer.seal();
  sweep_all(store);
  CHECK(read_all(store, writer.key(), 0, 256 * 1024) == writer.bytes());
  CHECK(read_all(store, writer.key(), 3'100'000, 1000) == writer.bytes().substr(3'100'000));
  CHECK(store.find(id_of(1)).value()->digest_state == writer.digest_state());
}

TEST_CASE_TEMPLATE("a log that goes on after a sweep reads across frames and journal", Kind,
                   InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter ended(store, id_of(1));
  LogWriter live(store, id_of(2));
  ended.commit("", true);
  live.commit("", true);
  for (int i = 0; i < 50; ++i) {
    ended.commit("ended " + std::to_string(i) + "\n");
    live.commit("live " + std::to_string(i) + "\n");
  }
  ended.seal();
  sweep_all(store);
  for (int i = 0; i < 50; ++i) live.commit("more " + std::to_string(i) + "\n");
  sweep_all(store);
  for (logs::Offset from = 0; from < live.bytes().size(); from += 37)
    CHECK(read_all(store, live.key(), from, 100) == live.bytes().substr(from));
  CHECK(read_all(store, ended.key(), 0, 100) == ended.bytes());
}

TEST_CASE_TEMPLATE("marks come back exactly where they stood", Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter writer(store, id_of(1));
  writer.commit("", true);
  logs::Chunk chunk{0,
                    "outerrout",
                    {{0, at_second(1), logs::Stream::out},
                     {3, at_second(2), logs::Stream::err},
                     {6, at_second(2), logs::Stream::out}}};
  const auto shared = std::make_shared<const logs::Chunk>(chunk);
  BatchItem item;
  item.key = writer.key();
  item.slices.push_back({shared, 0, 9});
  item.digest_state = base::Sha256().save();
  REQUIRE(store.commit({item}).has_value());
  const auto slices = store.read(writer.key(), 4, 100).value();
  std::vector<logs::TimeMark> marks;
  for (const logs::ChunkSlice& slice : slices)
    for (const logs::TimeMark& mark : slice.marks()) marks.push_back(mark);
  const std::vector<logs::TimeMark> expected{{4, at_second(2), logs::Stream::err},
                                             {6, at_second(2), logs::Stream::out}};
  CHECK(marks == expected);
}

TEST_CASE_TEMPLATE("a batch may touch many logs", Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  std::vector<std::unique_ptr<LogWriter>> writers;
  std::vector<BatchItem> batch;
  for (int i = 1; i <= 500; ++i) {
    writers.push_back(std::make_unique<LogWriter>(store, id_of(i)));
    batch.push_back(writers.back()->item("log " + std::to_string(i), true));
  }
  REQUIRE(store.commit(batch).has_value());
  for (const auto& writer : writers)
    CHECK(read_all(store, writer->key(), 0, 100) == writer->bytes());
  CHECK(store.load_open_logs().value().size() == 500);
}

TEST_CASE_TEMPLATE("a build lists its services first, each by number", Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  for (const int number : {10, 2}) {
    LogWriter step(store, id_of(number));
    step.commit("", true);
    LogWriter service(store, id_of(number, logs::LogKind::service));
    service.commit("", true);
  }
  logs::LogId other = id_of(1);
  other.build.number = 43;
  LogWriter elsewhere(store, other);
  elsewhere.commit("", true);
  std::vector<std::string> names;
  for (const StoredLog& log : store.load_build({"octocat", "hello", 42}).value())
    names.push_back(log.record.id.short_name());
  CHECK(names == std::vector<std::string>{"v2", "v10", "s2", "s10"});
}

TEST_CASE_TEMPLATE("ended logs are not among the open ones", Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter open(store, id_of(1));
  LogWriter ended(store, id_of(2));
  open.commit("a", true);
  ended.record().state = logs::LogState::sealed;
  ended.record().finished = at_second(1);
  ended.commit("b", true);
  const auto logs = store.load_open_logs().value();
  REQUIRE(logs.size() == 1);
  CHECK(logs[0].record.id == id_of(1));
  CHECK(logs[0].length == 1);
}

TEST_CASE_TEMPLATE("keys are never given twice", Kind, InMemory, OnSqlite) {
  Kind kind;
  const LogKey first = kind.get().allocate_key();
  CHECK(first != 0);
  CHECK(kind.get().allocate_key() != first);
}

TEST_CASE_TEMPLATE("the end of a build can be set, found and taken back", Kind, InMemory,
                   OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  const logs::BuildId build{"octocat", "hello", 42};
  CHECK_FALSE(store.find_build_end(build).value().has_value());
  REQUIRE(store.set_build_end(build, at_second(5)).has_value());
  CHECK(store.find_build_end(build).value() == at_second(5));
  REQUIRE(store.set_build_end(build, std::nullopt).has_value());
  CHECK_FALSE(store.find_build_end(build).value().has_value());
}

TEST_CASE_TEMPLATE("a batch that is refused leaves nothing behind", Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter first(store, id_of(1));
  first.commit("stored", true);
  LogWriter usurper(store, id_of(1));
  LogWriter other(store, id_of(2));
  const std::string digest_state = first.digest_state();
  const auto refused = store.commit(
      {first.item(" and lost", false), other.item("lost", true), usurper.item("lost", true)});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::conflict);
  CHECK(read_all(store, first.key(), 0, 100) == "stored");
  CHECK(store.find(id_of(1)).value()->digest_state == digest_state);
  CHECK_FALSE(store.find(id_of(2)).value().has_value());
  CHECK(store.load_open_logs().value().size() == 1);
}

TEST_CASE_TEMPLATE("a digest that begins anew with its owner comes back, before and after a sweep",
                   Kind, InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter writer(store, id_of(1));
  const auto check = [&] {
    const auto found = store.find(id_of(1)).value();
    REQUIRE(found.has_value());
    CHECK(found->record == writer.record());
    CHECK(found->length == writer.bytes().size());
    CHECK(found->digest_state == writer.digest_state());
  };
  writer.commit("of the first owner", true);
  writer.take_over();
  check();
  writer.commit("of the second");
  check();
  writer.take_over();
  writer.seal();
  check();
  sweep_all(store);
  check();
}

TEST_CASE("a store in memory fails as it is told and goes on when it is told") {
  MemoryStore store;
  LogWriter writer(store, id_of(1));
  writer.commit("a", true);
  store.fail_commits_with(Error(ErrorCode::unavailable, "disk full"));
  const BatchItem item = writer.item("b", false);
  const auto failed = store.commit({item});
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code() == ErrorCode::unavailable);
  CHECK(read_all(store, writer.key(), 0, 100) == "a");
  store.fail_commits_with(std::nullopt);
  REQUIRE(store.commit({item}).has_value());
  CHECK(read_all(store, writer.key(), 0, 100) == "ab");
  CHECK(store.commits() == 2);
}

TEST_CASE_TEMPLATE("what is stored is counted: bytes as they come, logs by how they ended", Kind,
                   InMemory, OnSqlite) {
  Kind kind;
  LogStore& store = kind.get();
  LogWriter open(store, id_of(1));
  open.commit("hello ", true);
  open.commit("world");
  LogWriter sealed(store, id_of(2));
  sealed.commit("bytes", true);
  sealed.seal();
  sealed.seal();  // the same row again is the same log
  LogWriter given_up(store, id_of(3));
  given_up.record().state = logs::LogState::incomplete;
  given_up.commit("", true);
  StoreFacts facts = store.facts();
  CHECK(facts.sealed_logs == 1);
  CHECK(facts.incomplete_logs == 1);
  CHECK(facts.committed_bytes == 16);
  CHECK(facts.committed_packed_bytes >= 16);
  // Its writer comes back.
  given_up.record().state = logs::LogState::running;
  given_up.commit("x", true);
  facts = store.facts();
  CHECK(facts.incomplete_logs == 0);
  CHECK(facts.committed_bytes == 17);
  sweep_all(store);
  CHECK(store.facts().committed_bytes == 17);
}

TEST_CASE("a store on a disk says how much of it, and counts its logs when it is opened again") {
  const TempDir dir;
  const std::string path = dir / "x.db";
  {
    const auto store = open_store(path).value();
    LogWriter sealed(*store, id_of(1));
    sealed.commit("bytes", true);
    CHECK(store->facts().journal_rows == 1);
    CHECK(store->facts().journal_bytes >= 5);
    CHECK(store->facts().wal_bytes > 0);
    sealed.seal();
    LogWriter given_up(*store, id_of(2));
    given_up.record().state = logs::LogState::incomplete;
    given_up.commit("x", true);
    LogWriter(*store, id_of(3)).commit("x", true);
    REQUIRE(store->close().has_value());
  }
  const auto store = open_store(path).value();
  const StoreFacts facts = store->facts();
  CHECK(facts.sealed_logs == 1);
  CHECK(facts.incomplete_logs == 1);
  CHECK(facts.committed_bytes == 0);
  CHECK(facts.size_bytes > 0);
  CHECK(facts.disk_free_bytes > 0);
  CHECK(facts.memory_bytes > 0);
  CHECK(facts.failed_chores == 0);
}
