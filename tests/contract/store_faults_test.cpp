// What the SQLite store keeps when the disk beneath it fails, and when the machine does.
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include "core/base/sha256.hpp"
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

// So small that logs which go on are swept too.
constexpr JournalLimits kSmallJournal{6, 64 * 1024 * 1024};
constexpr int kLogs = 4;

std::unique_ptr<SqliteStore> open_small(const std::string& path) {
  return SqliteStore::open(path, kSmallJournal).value();
}

// A log as a server holds it: what the store did not take is offered again, with what came since.
struct HeldLog {
  LogRecord record;
  std::string bytes;
  logs::Offset acknowledged = 0;
  bool is_record_stored = false;
  bool is_end_stored = false;

  bool has_ended() const { return record.finished.has_value(); }
  BatchItem item() const {
    BatchItem item;
    item.key = record.key;
    if (!is_record_stored) item.record = record;
    if (acknowledged < bytes.size())
      item.slices.push_back(slice_of(acknowledged, bytes.substr(acknowledged)));
    base::Sha256 digest;
    digest.update(bytes);
    item.digest_state = digest.save();
    return item;
  }
};

// What of the logs was acknowledged when so many changes had been made to the disk.
struct Moment {
  std::size_t changes;
  std::vector<HeldLog> logs;
};

// Some logs that are written side by side, one of which ends after another.
class Load {
 public:
  explicit Load(std::uint32_t seed) : random_(seed) {}

  const std::vector<HeldLog>& logs() const { return logs_; }
  bool is_all_acknowledged() const { return failed_commits_ == 0; }

  // Every log grows by a piece, and all go into one commit; then the store may sweep.
  void step(LogStore& store) {
    ++steps_;
    if (logs_.empty() || (steps_ % 4 == 0 && logs_.size() < kLogs)) begin_log(store);
    std::vector<BatchItem> batch;
    for (unsigned i = 0; i < logs_.size(); ++i) {
      HeldLog& log = logs_[i];
      if (!log.has_ended()) grow(log, i);
      if (!log.is_end_stored) batch.push_back(log.item());
    }
    commit(store, batch);
    if (steps_ % 3 == 0) static_cast<void>(store.sweep());
  }

  // Like step() without anything new.
  void retry(LogStore& store) {
    std::vector<BatchItem> batch;
    for (const HeldLog& log : logs_)
      if (!log.is_end_stored) batch.push_back(log.item());
    commit(store, batch);
  }

 private:
  void begin_log(LogStore& store) {
    HeldLog log;
    log.record.key = store.allocate_key();
    log.record.id = id_of(static_cast<int>(logs_.size()) + 1);
    log.record.state = logs::LogState::running;
    log.record.created = at_second(0);
    logs_.push_back(std::move(log));
  }
  void grow(HeldLog& log, unsigned index) {
    // Rows of all kinds: tiny, of some pages, and as large as a frame.
    const std::size_t most = index == 0 ? 100 : index == 1 ? 70'000 : 20'000;
    log.bytes += noise_of(1 + random_() % most, random_());
    if (steps_ % 11 != index) return;
    log.record.state = logs::LogState::sealed;
    log.record.finished = at_second(static_cast<int>(steps_));
    log.is_record_stored = false;
  }
  void commit(LogStore& store, const std::vector<BatchItem>& batch) {
    if (!store.commit(batch)) {
      ++failed_commits_;
      return;
    }
    failed_commits_ = 0;
    for (HeldLog& log : logs_) {
      log.acknowledged = log.bytes.size();
      log.is_record_stored = true;
      log.is_end_stored = log.has_ended();
    }
  }

  std::mt19937 random_;
  unsigned steps_ = 0;
  int failed_commits_ = 0;
  std::vector<HeldLog> logs_;
};

void check_log(LogStore& store, const HeldLog& log) {
  CAPTURE(log.record.id.short_name());
  const auto found = store.find(log.record.id);
  REQUIRE(found.has_value());
  if (!*found) {
    CHECK(log.acknowledged == 0);
    return;
  }
  const StoredLog& stored = **found;
  CHECK(stored.length >= log.acknowledged);
  REQUIRE(stored.length <= log.bytes.size());
  const std::string expected = log.bytes.substr(0, stored.length);
  CHECK((read_all(store, log.record.key, 0, 50'000) == expected));
  base::Sha256 digest;
  digest.update(expected);
  CHECK((stored.digest_state == digest.save()));
  if (log.is_end_stored) CHECK(stored.record.state == logs::LogState::sealed);
  if (stored.record.finished) CHECK(stored.length == log.bytes.size());
}

void check_logs(LogStore& store, const std::vector<HeldLog>& logs) {
  for (const HeldLog& log : logs) check_log(store, log);
}

// A checkpoint at a moment of the test's choosing; whether it succeeds is of no interest.
void checkpoint(const std::string& path) {
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) == SQLITE_OK)
    sqlite3_exec(database, "PRAGMA wal_checkpoint(PASSIVE)", nullptr, nullptr, nullptr);
  sqlite3_close(database);
}

// Opens what a crash after the first `changes` has left, and checks it.
void check_image(const FaultyDisk& disk, std::size_t changes, Unsynced unsynced,
                 const std::vector<HeldLog>& logs) {
  const TempDir image;
  disk.write_image(changes, unsynced, static_cast<std::uint32_t>(changes), image.path());
  auto store = open_small(image / "x.db");
  check_logs(*store, logs);
  // And it goes on.
  sweep_all(*store);
  check_logs(*store, logs);
}

// What the store has to say about all these failures is no help to anybody.
class QuietLog {
 public:
  QuietLog() { spdlog::set_level(spdlog::level::off); }
  ~QuietLog() { spdlog::set_level(level_); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;

 private:
  const spdlog::level::level_enum level_ = spdlog::get_level();
};

// Whatever call fails, at first each one, then ever fewer of them.
void check_failing_disk(DiskFailure failure, bool lasts) {
  const QuietLog quiet;
  bool has_failed = true;
  for (std::size_t call = 0; has_failed; call += 1 + call / 8) {
    CAPTURE(call);
    const TempDir dir;
    FaultyDisk disk;
    auto store = open_small(dir / "x.db");
    Load load(7);
    load.step(*store);
    disk.fail_call(call, failure, lasts);
    for (int i = 0; i < 12; ++i) {
      load.step(*store);
      if (i % 5 == 4) checkpoint(dir / "x.db");
    }
    has_failed = disk.has_failed();
    disk.heal();
    if (call % 4 == 0) check_image(disk, disk.changes(), Unsynced::kept, load.logs());
    load.retry(*store);
    CHECK(load.is_all_acknowledged());
    load.step(*store);
    CHECK(load.is_all_acknowledged());
    sweep_all(*store);
    check_logs(*store, load.logs());
    REQUIRE(store->close().has_value());
    const auto reopened = open_small(dir / "x.db");
    check_logs(*reopened, load.logs());
  }
}

}  // namespace

TEST_CASE("a full disk costs nothing that was acknowledged, and the store heals") {
  check_failing_disk(DiskFailure::full, true);
}

TEST_CASE("a disk that is full for a moment costs nothing that was acknowledged") {
  check_failing_disk(DiskFailure::full, false);
}

TEST_CASE("a disk that fails costs nothing that was acknowledged, and the store heals") {
  check_failing_disk(DiskFailure::input_output, true);
}

TEST_CASE("a disk that fails once costs nothing that was acknowledged") {
  check_failing_disk(DiskFailure::input_output, false);
}

TEST_CASE("a disk that fails while the store opens is an error, and no harm is done") {
  const QuietLog quiet;
  const TempDir dir;
  FaultyDisk disk;
  Load load(7);
  {
    auto store = open_small(dir / "x.db");
    for (int i = 0; i < 12; ++i) load.step(*store);
  }
  for (const DiskFailure failure : {DiskFailure::full, DiskFailure::input_output}) {
    bool has_failed = true;
    for (std::size_t call = 0; has_failed; call += 1 + call / 8) {
      CAPTURE(call);
      disk.fail_call(call, failure, true);
      {
        const auto store = SqliteStore::open(dir / "x.db", kSmallJournal);
        if (!store) CHECK(store.error().code() == ErrorCode::unavailable);
      }
      has_failed = disk.has_failed();
      disk.heal();
      check_logs(*open_small(dir / "x.db"), load.logs());
    }
  }
}

TEST_CASE("what was acknowledged survives kill -9 and a power cut at any moment") {
  const TempDir dir;
  FaultyDisk disk;
  std::vector<Moment> moments;
  {
    auto store = open_small(dir / "x.db");
    Load load(11);
    for (int i = 0; i < 40; ++i) {
      load.step(*store);
      REQUIRE(load.is_all_acknowledged());
      moments.push_back({disk.changes(), load.logs()});
      if (i % 7 == 6) checkpoint(dir / "x.db");
    }
  }
  std::mt19937 random(3);
  // The moment whose acknowledgements stand before each crash; bytes may be those of the last one.
  auto moment = moments.begin();
  std::vector<HeldLog> logs = moments.back().logs;
  for (HeldLog& log : logs) {
    log.acknowledged = 0;
    log.is_end_stored = false;
  }
  for (std::size_t changes = 1; changes < moments.back().changes; changes += 1 + random() % 15) {
    CAPTURE(changes);
    for (; moment != moments.end() && moment->changes <= changes; ++moment) {
      for (std::size_t i = 0; i < moment->logs.size(); ++i) {
        logs[i].acknowledged = moment->logs[i].acknowledged;
        logs[i].is_end_stored = moment->logs[i].is_end_stored;
      }
    }
    const std::array ways{Unsynced::kept, Unsynced::lost, Unsynced::torn};
    check_image(disk, changes, ways[random() % ways.size()], logs);
  }
}
