#include "core/store/sqlite/sqlite_store.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/store/sqlite/schema.hpp"

namespace vela::store::sqlite {
namespace {

// The pages at the journal's and the index's ends; a batch that needs more spills early into the
// write-ahead log, where it goes anyway.
constexpr std::size_t kWriterCacheBytes = 2 * 1024 * 1024;
constexpr std::size_t kCheckpointCacheBytes = 64 * 1024;
// A write-ahead log of this many pages (64 MiB) shows that checkpoints do not keep up: then one is
// made while commits wait, and the log begins anew.
constexpr std::int64_t kMaxLogPages = 4096;
// A backup reads for minutes; until it has ended each try costs commits a moment.
constexpr std::chrono::seconds kRestartPause{5};
// What a long burst or a backup may leave of its file.
constexpr std::int64_t kKeptLogBytes = 64 * 1024 * 1024;
// Commits wait for some 10 ms meanwhile.
constexpr std::int64_t kShrinkBytes = 16 * 1024 * 1024;

// A connection that may write copies what is in the write-ahead log into the database when it
// closes: the files of a newer vela-logs are looked at by one that may not.
std::optional<Error> find_newer(const std::string& path) {
  std::error_code none;
  if (std::filesystem::file_size(path, none) == 0 || none) return std::nullopt;
  auto reading = Database::open_to_read(path);
  if (!reading) return std::nullopt;  // what is wrong is said when it is opened to write
  return find_newer_schema(*reading);
}

}  // namespace

SqliteStore::SqliteStore(StoreLock lock, Database writing, Database checkpointing,
                         JournalLimits limits)
    : path_(writing.path()),
      lock_(std::move(lock)),
      index_(limits),
      readers_(path_, index_),
      checkpointing_(std::move(checkpointing)),
      writing_(std::move(writing)) {
  writer_.emplace(writing_, index_, tally_);
  sweeper_.emplace(writing_, index_, *writer_);
  // As much as the journal may grow to is soon in use again.
  eraser_.emplace(writing_, index_, *writer_, space_, commits_waiting_, limits.stored_bytes);
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path,
                                                       JournalLimits limits) {
  auto lock = StoreLock::acquire(path);
  if (!lock) return lock.error();
  if (auto newer = find_newer(path)) {
    lock->discard();
    return std::move(*newer);
  }
  if (auto created = create_store_file(path); !created) return created.error();
  auto writing = Database::open(path);
  if (!writing) return writing.error();
  if (auto prepared = prepare_schema(*writing); !prepared) {
    if (prepared.error().code() == ErrorCode::corrupt) lock->discard();
    return prepared.error();
  }
  if (auto ready = writing->set_up(kWriterCacheBytes); !ready) return ready.error();
  auto checkpointing = Database::open(path);
  if (!checkpointing) return checkpointing.error();
  if (auto ready = checkpointing->set_up(kCheckpointCacheBytes); !ready) return ready.error();
  std::unique_ptr<SqliteStore> store(
      new SqliteStore(std::move(*lock), std::move(*writing), std::move(*checkpointing), limits));
  if (auto loaded = store->load(); !loaded) return loaded.error();
  return store;
}

SqliteStore::~SqliteStore() { static_cast<void>(close()); }

Result<void> SqliteStore::load() {
  const auto highest = writer_->logs().load_highest_key();
  if (!highest) return highest.error();
  next_key_ = *highest + 1;
  if (auto loaded = writer_->load_index(); !loaded) return loaded;
  if (auto loaded = eraser_->load(); !loaded) return loaded;
  if (auto loaded = writer_->load_tally(); !loaded) return loaded;
  housekeeper_.emplace([this] { return sweep_step(); }, [this] { return checkpoint(); });
  // On a thread of its own: a checkpoint that waits for a slow disk would hold it up for long.
  eraser_thread_.emplace([this] { return erase_step(); }, [] { return Result<bool>(false); });
  // What a server that was killed left behind.
  wake_housekeepers();
  return {};
}

Result<void> SqliteStore::commit(const std::vector<BatchItem>& batch) {
  ++commits_waiting_;
  const std::lock_guard lock(write_mutex_);
  --commits_waiting_;
  if (!writer_) return is_closed();
  if (auto done = writer_->commit(batch); !done) return done;
  for (const BatchItem& item : batch) eraser_->add(item.voided);
  wake_housekeepers();
  return {};
}

Result<std::optional<StoredLog>> SqliteStore::find(const logs::LogId& id) {
  return readers_.with_reader<std::optional<StoredLog>>(
      [&id](Reader& reader) { return reader.find(id); });
}

Result<std::vector<StoredLog>> SqliteStore::load_open_logs() {
  return readers_.with_reader<std::vector<StoredLog>>(
      [](Reader& reader) { return reader.load_open_logs(); });
}

Result<std::vector<StoredLog>> SqliteStore::load_build(const logs::BuildId& build) {
  return readers_.with_reader<std::vector<StoredLog>>(
      [&build](Reader& reader) { return reader.load_build(build); });
}

Result<void> SqliteStore::set_build_end(const logs::BuildId& build,
                                        std::optional<base::WallTime> ended) {
  const std::lock_guard lock(write_mutex_);
  if (!writer_) return is_closed();
  if (auto done = writer_->logs().write_build_end(build, ended); !done) return done;
  wake_housekeepers();
  return {};
}

Result<std::optional<base::WallTime>> SqliteStore::find_build_end(const logs::BuildId& build) {
  return readers_.with_reader<std::optional<base::WallTime>>(
      [&build](Reader& reader) { return reader.find_build_end(build); });
}

Result<std::vector<logs::ChunkSlice>> SqliteStore::read(LogKey key, logs::Offset from,
                                                        std::size_t max_bytes) {
  return readers_.with_reader<std::vector<logs::ChunkSlice>>(
      [key, from, max_bytes](Reader& reader) { return reader.read(key, from, max_bytes); });
}

Result<std::vector<LogFacts>> SqliteStore::load_facts(LogKey after, std::size_t most) {
  return readers_.with_reader<std::vector<LogFacts>>(
      [after, most](Reader& reader) { return reader.load_facts(after, most); });
}

Result<std::size_t> SqliteStore::forget_deleted(base::WallTime before, std::size_t most) {
  const std::lock_guard lock(write_mutex_);
  if (!writer_) return is_closed();
  const RelaxedCommits relaxed(writing_);
  Transaction transaction(writing_);
  if (auto begun = transaction.begin_writing(); !begun) return begun.error();
  auto forgotten = writer_->logs().forget_deleted(before, most);
  if (!forgotten) return forgotten;
  if (auto done = transaction.commit(); !done) return done.error();
  wake_housekeepers();
  return forgotten;
}

// Without write_mutex_, which a commit to a slow disk may hold for long.
StoreFacts SqliteStore::facts() const {
  StoreFacts facts;
  tally_.put(facts);
  const JournalIndex::Backlog backlog = index_.backlog();
  facts.journal_rows = backlog.rows;
  facts.journal_bytes = backlog.stored_bytes;
  if (housekeeper_ && eraser_thread_)
    facts.failed_chores = housekeeper_->failures() + eraser_thread_->failures();
  const StoreFileSizes sizes = look_at_store_file(path_);
  facts.size_bytes = sizes.database;
  facts.wal_bytes = sizes.write_ahead_log;
  facts.disk_free_bytes = sizes.disk_free;
  facts.memory_bytes = memory_in_use();
  return facts;
}

Result<bool> SqliteStore::sweep() {
  const auto sweeps_on = sweep_step();
  if (!sweeps_on) return sweeps_on;
  const auto erases_on = erase_step();
  if (!erases_on) return erases_on;
  return *sweeps_on || *erases_on;
}

void SqliteStore::wake_housekeepers() {
  housekeeper_->on_commit();
  eraser_thread_->on_commit();
}

Result<bool> SqliteStore::sweep_step() {
  const std::lock_guard lock(write_mutex_);
  if (!sweeper_) return is_closed();
  return sweeper_->step();
}

Result<bool> SqliteStore::erase_step() {
  const std::lock_guard lock(write_mutex_);
  if (!eraser_) return is_closed();
  return eraser_->step();
}

// True when pages are left in the write-ahead log because somebody still reads older ones, or when
// its file is larger than it need be.
Result<bool> SqliteStore::checkpoint() {
  auto progress = checkpointing_.checkpoint();
  const base::SteadyTime now = base::steady_now();
  if (progress && progress->in_log > kMaxLogPages && now >= restart_again_) {
    const std::lock_guard lock(write_mutex_);
    progress = checkpointing_.checkpoint_and_restart();
    if (progress && progress->is_busy) restart_again_ = now + kRestartPause;
  }
  if (!progress) return progress.error();
  const auto shrinks_on = shrink_log();
  if (!shrinks_on) return shrinks_on;
  return progress->done < progress->in_log || *shrinks_on;
}

// A step at a time: SQLite would do all of it within a commit, at about 1 ms for each MiB.
Result<bool> SqliteStore::shrink_log() {
  const auto size = checkpointing_.log_bytes();
  if (!size) return size.error();
  if (*size <= kKeptLogBytes) return false;
  const std::lock_guard lock(write_mutex_);
  // Keeps other programs from writing too.
  Transaction nobody_writes(writing_);
  if (auto begun = nobody_writes.begin_writing(); !begun) return begun.error();
  return checkpointing_.shrink_log(kKeptLogBytes, kShrinkBytes);
}

std::optional<std::uint64_t> SqliteStore::load_free_bytes() const { return free_bytes_at(path_); }

Result<void> SqliteStore::close() {
  if (eraser_thread_) eraser_thread_->stop();
  if (housekeeper_) housekeeper_->stop();
  readers_.close();
  const std::lock_guard lock(write_mutex_);
  if (!writer_) return {};
  eraser_.reset();
  sweeper_.reset();
  writer_.reset();
  // The last connection to close copies the rest of the write-ahead log and removes it.
  auto closed = checkpointing_.close();
  if (closed) closed = writing_.close();
  lock_.reset();
  return closed;
}

Error SqliteStore::is_closed() const {
  return Error(ErrorCode::unavailable, "the store " + path_ + " is closed");
}

}  // namespace vela::store::sqlite
