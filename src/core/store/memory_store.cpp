#include "core/store/memory_store.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"

namespace vela::store {
namespace {

bool is_open(logs::LogState state) {
  return state == logs::LogState::pending || state == logs::LogState::running ||
         state == logs::LogState::lost;
}

bool is_voided_by(const BatchItem& item, LogKey key) {
  return std::find(item.voided.begin(), item.voided.end(), key) != item.voided.end();
}

// Services first, each by number.
bool stands_before(const StoredLog& a, const StoredLog& b) {
  const auto rank = [](const StoredLog& log) {
    return std::pair(log.record.id.kind == logs::LogKind::step, log.record.id.number);
  };
  return rank(a) < rank(b);
}

}  // namespace

LogKey MemoryStore::allocate_key() { return next_key_++; }

Result<void> MemoryStore::commit(const std::vector<BatchItem>& batch) {
  std::unique_lock lock(mutex_);
  is_holding_commit_ = are_commits_held_;
  released_.wait(lock, [this] { return !are_commits_held_; });
  is_holding_commit_ = false;
  if (commit_error_) return *commit_error_;
  for (const BatchItem& item : batch) {
    if (!item.record) continue;
    for (const auto& [key, entry] : entries_)
      if (key != item.key && !is_voided_by(item, key) && entry.log.record.id == item.record->id)
        return Error(ErrorCode::conflict, "the log " + item.record->id.to_string() +
                                              " is in the store under another key");
  }
  for (const BatchItem& item : batch) {
    VELA_ASSERT(item.record || entries_.contains(item.key));
    for (const LogKey key : item.voided) space_.logs_erased += entries_.erase(key);
    Entry& entry = entries_[item.key];
    if (item.record) {
      entry.log.record = *item.record;
      entry.log.record.key = item.key;
    }
    for (const logs::ChunkSlice& slice : item.slices) {
      VELA_ASSERT(slice.begin == entry.bytes.size());
      entry.bytes.append(slice.bytes());
      committed_bytes_ += slice.size();
      const auto marks = slice.marks();
      entry.marks.insert(entry.marks.end(), marks.begin(), marks.end());
    }
    entry.log.length = entry.bytes.size();
    entry.log.digest_state = item.digest_state;
  }
  ++commits_;
  return {};
}

Result<std::optional<StoredLog>> MemoryStore::find(const logs::LogId& id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_)
    if (entry.log.record.id == id) return std::optional(entry.log);
  return std::optional<StoredLog>();
}

Result<std::vector<StoredLog>> MemoryStore::load_open_logs() {
  const std::lock_guard lock(mutex_);
  std::vector<StoredLog> found;
  for (const auto& [key, entry] : entries_)
    if (is_open(entry.log.record.state)) found.push_back(entry.log);
  return found;
}

Result<std::vector<StoredLog>> MemoryStore::load_build(const logs::BuildId& build) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredLog> found;
  for (const auto& [key, entry] : entries_)
    if (entry.log.record.id.build == build) found.push_back(entry.log);
  std::sort(found.begin(), found.end(), stands_before);
  return found;
}

Result<void> MemoryStore::set_build_end(const logs::BuildId& build,
                                        std::optional<base::WallTime> ended) {
  const std::lock_guard lock(mutex_);
  if (commit_error_) return *commit_error_;
  if (ended) {
    build_ends_[build] = *ended;
  } else {
    build_ends_.erase(build);
  }
  return {};
}

Result<std::optional<base::WallTime>> MemoryStore::find_build_end(const logs::BuildId& build) {
  const std::lock_guard lock(mutex_);
  const auto found = build_ends_.find(build);
  if (found == build_ends_.end()) return std::optional<base::WallTime>();
  return std::optional(found->second);
}

Result<std::vector<logs::ChunkSlice>> MemoryStore::read(LogKey key, logs::Offset from,
                                                        std::size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  std::vector<logs::ChunkSlice> slices;
  const auto found = entries_.find(key);
  if (found == entries_.end() || from >= found->second.bytes.size() || max_bytes == 0)
    return slices;
  const Entry& entry = found->second;
  logs::Chunk chunk;
  chunk.begin = from;
  chunk.bytes = entry.bytes.substr(from, max_bytes);
  for (auto mark = logs::find_mark_at(entry.marks, from);
       mark != entry.marks.end() && mark->offset < chunk.end(); ++mark)
    chunk.marks.push_back({std::max(mark->offset, from), mark->time, mark->stream});
  const logs::Offset end = chunk.end();
  slices.push_back({std::make_shared<const logs::Chunk>(std::move(chunk)), from, end});
  return slices;
}

Result<std::vector<LogFacts>> MemoryStore::load_facts(LogKey after, std::size_t most) {
  const std::lock_guard lock(mutex_);
  std::vector<LogFacts> found;
  for (auto at = entries_.upper_bound(after); at != entries_.end() && found.size() != most; ++at) {
    const StoredLog& log = at->second.log;
    if (log.record.deleted) continue;
    found.push_back(
        {at->first, log.record.id, log.length, log.record.state,
         log.record.last_output.value_or(log.record.finished.value_or(log.record.created))});
  }
  return found;
}

Result<std::size_t> MemoryStore::forget_deleted(base::WallTime before, std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (commit_error_) return *commit_error_;
  std::vector<LogKey> old;
  for (const auto& [key, entry] : entries_)
    if (entry.log.record.deleted && *entry.log.record.deleted < before && old.size() != most)
      old.push_back(key);
  for (const LogKey key : old) {
    const logs::BuildId build = entries_.at(key).log.record.id.build;
    entries_.erase(key);
    const auto is_of_build = [&build](const auto& held) {
      return held.second.log.record.id.build == build;
    };
    if (std::none_of(entries_.begin(), entries_.end(), is_of_build)) build_ends_.erase(build);
  }
  return old.size();
}

StoreFacts MemoryStore::facts() const {
  const std::lock_guard lock(mutex_);
  StoreFacts facts;
  for (const auto& [key, entry] : entries_) {
    if (entry.log.record.deleted) continue;
    const logs::LogState state = entry.log.record.state;
    if (state == logs::LogState::sealed) ++facts.sealed_logs;
    if (state == logs::LogState::incomplete) ++facts.incomplete_logs;
  }
  facts.committed_bytes = facts.committed_packed_bytes = committed_bytes_;
  return facts;
}

Result<bool> MemoryStore::sweep() { return false; }

SpaceTotals MemoryStore::space() const {
  const std::lock_guard lock(mutex_);
  return space_;
}

Result<void> MemoryStore::close() { return {}; }

void MemoryStore::hold_commits(bool are_held) {
  {
    const std::lock_guard lock(mutex_);
    are_commits_held_ = are_held;
  }
  released_.notify_all();
}

bool MemoryStore::is_holding_commit() const {
  const std::lock_guard lock(mutex_);
  return is_holding_commit_;
}

void MemoryStore::fail_commits_with(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  commit_error_ = std::move(error);
}

std::size_t MemoryStore::commits() const {
  const std::lock_guard lock(mutex_);
  return commits_;
}

}  // namespace vela::store
