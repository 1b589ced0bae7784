#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "core/store/log_store.hpp"

namespace vela::store {

// A LogStore without a disk, for tests of what stands on the contract. Can be told to fail.
class MemoryStore final : public LogStore {
 public:
  LogKey allocate_key() override;
  Result<void> commit(const std::vector<BatchItem>& batch) override;
  Result<std::optional<StoredLog>> find(const logs::LogId& id) override;
  Result<std::vector<StoredLog>> load_open_logs() override;
  Result<std::vector<StoredLog>> load_build(const logs::BuildId& build) override;
  Result<void> set_build_end(const logs::BuildId& build,
                             std::optional<base::WallTime> ended) override;
  Result<std::optional<base::WallTime>> find_build_end(const logs::BuildId& build) override;
  Result<std::vector<logs::ChunkSlice>> read(LogKey key, logs::Offset from,
                                             std::size_t max_bytes) override;
  Result<std::vector<LogFacts>> load_facts(LogKey after, std::size_t most) override;
  Result<std::size_t> forget_deleted(base::WallTime before, std::size_t most) override;
  StoreFacts facts() const override;
  Result<bool> sweep() override;
  SpaceTotals space() const override;
  std::optional<std::uint64_t> load_free_bytes() const override { return std::nullopt; }
  Result<void> close() override;

  // From now on every commit fails with `error`, until it is called with nothing.
  void fail_commits_with(std::optional<Error> error);
  // From now on no commit comes to an end, until it is called with false.
  void hold_commits(bool are_held);
  [[nodiscard]] bool is_holding_commit() const;
  [[nodiscard]] std::size_t commits() const;

 private:
  struct Entry {
    StoredLog log;
    std::string bytes;
    std::vector<logs::TimeMark> marks;
  };

  std::atomic<LogKey> next_key_{1};

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::map<LogKey, Entry> entries_;
  std::map<logs::BuildId, base::WallTime> build_ends_;
  std::optional<Error> commit_error_;
  bool are_commits_held_ = false;
  bool is_holding_commit_ = false;
  std::size_t commits_ = 0;
  SpaceTotals space_;
  std::uint64_t committed_bytes_ = 0;
};

}  // namespace vela::store
