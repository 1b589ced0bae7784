#include "core/store/sqlite/reader.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace vela::store::sqlite {
namespace {

// More would not read faster from one disk, and each may come to hold its cache.
constexpr std::size_t kMaxReaders = 4;
// Frames are read once and seldom again soon: what a reader comes back to is the inner pages.
constexpr std::size_t kCacheBytes = 512 * 1024;
// Between a look at the index and the snapshot the sweep may move rows. That it does so this often
// in a row means that the rows are not there.
constexpr int kMaxTries = 4;

Error hole_at(LogKey key, logs::Offset from) {
  return Error(ErrorCode::corrupt, "the store has a hole in log " + std::to_string(key) +
                                       " at or after offset " + std::to_string(from));
}

}  // namespace

Reader::Reader(Database database, const JournalIndex& index)
    : database_(std::move(database)),
      index_(index),
      logs_(database_),
      journal_(database_),
      frames_(database_, codec_) {}

Result<std::optional<StoredLog>> Reader::find(const logs::LogId& id) {
  const auto key = logs_.find_key(id);
  if (!key) return key.error();
  if (!*key) return std::optional<StoredLog>();
  return load(**key);
}

Result<std::vector<StoredLog>> Reader::load_open_logs() {
  const auto keys = logs_.load_open_keys();
  if (!keys) return keys.error();
  return load_all(*keys);
}

Result<std::vector<StoredLog>> Reader::load_build(const logs::BuildId& build) {
  const auto keys = logs_.load_build_keys(build);
  if (!keys) return keys.error();
  return load_all(*keys);
}

Result<std::optional<StoredLog>> Reader::load_next(LogKey last) {
  const auto key = logs_.find_next_key(last);
  if (!key) return key.error();
  if (!*key) return std::optional<StoredLog>();
  return load(**key);
}

Result<std::vector<StoredLog>> Reader::load_all(const std::vector<LogKey>& keys) {
  std::vector<StoredLog> found;
  found.reserve(keys.size());
  for (const LogKey key : keys) {
    auto log = load(key);
    if (!log) return log.error();
    if (*log) found.push_back(std::move(**log));
  }
  return found;
}

Result<std::optional<StoredLog>> Reader::load(LogKey key) {
  for (int tries = 0; tries < kMaxTries; ++tries) {
    const auto tail = index_.find_tail(key);
    Transaction snapshot(database_);
    if (auto begun = snapshot.begin_reading(); !begun) return begun.error();
    auto log = logs_.load(key);
    // The rows of a deleted log may lie in the journal for a while; they are no longer its own.
    if (!log || !*log || !tail || (*log)->record.deleted) return log;
    const auto is_whole = add_newer_position(**log, tail->last);
    if (!is_whole) return is_whole.error();
    if (*is_whole) return log;
  }
  return hole_at(key, 0);
}

Result<std::vector<LogFacts>> Reader::load_facts(LogKey after, std::size_t most) {
  auto facts = logs_.load_facts(after, most);
  if (!facts) return facts;
  for (LogFacts& log : *facts)
    if (const auto tail = index_.find_tail(log.key))
      log.bytes = std::max(log.bytes, tail->last.end());
  return facts;
}

// False when `last` is no longer what the snapshot has.
Result<bool> Reader::add_newer_position(StoredLog& log, const JournalRow& last) {
  if (last.end() <= log.length) return true;
  auto digest_state = journal_.load_digest_state(log.record.key, last);
  if (!digest_state) return digest_state.error();
  if (!*digest_state) return false;
  log.length = last.end();
  log.digest_state = std::move(**digest_state);
  return true;
}

Result<std::vector<logs::ChunkSlice>> Reader::read(LogKey key, logs::Offset from,
                                                   std::size_t max_bytes) {
  const logs::Offset until =
      from + std::min<logs::Offset>(max_bytes, std::numeric_limits<std::int64_t>::max() - from);
  if (until == from) return std::vector<logs::ChunkSlice>();
  for (int tries = 0; tries < kMaxTries; ++tries) {
    const auto rows = index_.rows_within(key, from, until);
    auto slices = read_snapshot(key, from, until, rows);
    if (!slices) return slices.error();
    if (*slices) return std::move(**slices);
  }
  return hole_at(key, from);
}

Result<std::optional<std::vector<logs::ChunkSlice>>> Reader::read_snapshot(
    LogKey key, logs::Offset from, logs::Offset until, const std::vector<JournalRow>& rows) {
  using Slices = std::vector<logs::ChunkSlice>;
  Transaction snapshot(database_);
  if (auto begun = snapshot.begin_reading(); !begun) return begun.error();
  auto framed = frames_.read(key, from, until);
  if (!framed) return framed.error();
  Slices slices = std::move(*framed);
  logs::Offset at = slices.empty() ? from : slices.back().end;
  for (const JournalRow& row : rows) {
    if (row.end() <= at) continue;
    if (row.begin > at) return std::optional<Slices>();
    auto chunk = journal_.load(key, row, codec_);
    if (!chunk) return chunk.error();
    if (!*chunk) return std::optional<Slices>();
    const logs::Offset end = std::min(row.end(), until);
    slices.push_back({std::move(**chunk), at, end});
    at = end;
  }
  if (at == until) return std::optional(std::move(slices));
  // Fewer bytes than asked for are an answer only when they are all.
  const auto position = logs_.load_position(key);
  if (!position) return position.error();
  if (*position && at < std::max((*position)->length, (*position)->framed))
    return std::optional<Slices>();
  return std::optional(std::move(slices));
}

ReaderPool::ReaderPool(std::string path, const JournalIndex& index)
    : path_(std::move(path)), index_(index) {}

Result<std::unique_ptr<Reader>> ReaderPool::take() {
  std::unique_lock lock(mutex_);
  is_free_.wait(lock, [this] { return is_closed_ || !idle_.empty() || in_use_ < kMaxReaders; });
  if (is_closed_) return Error(ErrorCode::unavailable, "the store " + path_ + " is closed");
  ++in_use_;
  if (!idle_.empty()) {
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }
  lock.unlock();
  auto database = Database::open(path_);
  Result<void> ready;
  if (database) ready = database->set_up(kCacheBytes);
  if (database && ready) return std::make_unique<Reader>(std::move(*database), index_);
  give_back(nullptr);
  return database ? ready.error() : database.error();
}

void ReaderPool::give_back(std::unique_ptr<Reader> reader) {
  const std::lock_guard lock(mutex_);
  --in_use_;
  if (reader != nullptr) idle_.push_back(std::move(reader));
  is_free_.notify_all();
}

void ReaderPool::close() {
  std::unique_lock lock(mutex_);
  is_closed_ = true;
  is_free_.notify_all();
  is_free_.wait(lock, [this] { return in_use_ == 0; });
  idle_.clear();
}

}  // namespace vela::store::sqlite
