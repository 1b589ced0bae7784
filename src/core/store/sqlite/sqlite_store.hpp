#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/store/log_store.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/eraser.hpp"
#include "core/store/sqlite/housekeeper.hpp"
#include "core/store/sqlite/journal_index.hpp"
#include "core/store/sqlite/reader.hpp"
#include "core/store/sqlite/store_file.hpp"
#include "core/store/sqlite/store_tally.hpp"
#include "core/store/sqlite/sweeper.hpp"
#include "core/store/sqlite/writer.hpp"

namespace vela::store::sqlite {

// The embedded store: one SQLite file, and this process the only one that writes to it. It sweeps,
// erases and checkpoints by itself; sweep() need not be called.
class SqliteStore final : public LogStore {
 public:
  // Errors: as open_store().
  [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(
      const std::string& path, JournalLimits limits = JournalLimits());
  ~SqliteStore() override;

  LogKey allocate_key() override { return next_key_++; }
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
  SpaceTotals space() const override { return space_.load(); }
  std::optional<std::uint64_t> load_free_bytes() const override;
  Result<void> close() override;

 private:
  SqliteStore(StoreLock lock, Database writing, Database checkpointing, JournalLimits limits);
  [[nodiscard]] Result<void> load();
  void wake_housekeepers();
  [[nodiscard]] Result<bool> sweep_step();
  [[nodiscard]] Result<bool> erase_step();
  [[nodiscard]] Result<bool> checkpoint();
  [[nodiscard]] Result<bool> shrink_log();
  [[nodiscard]] Error is_closed() const;

  const std::string path_;
  std::optional<StoreLock> lock_;  // nothing when closed
  std::atomic<LogKey> next_key_{1};
  JournalIndex index_;
  StoreTally tally_;
  ReaderPool readers_;

  // Confined to the housekeeper's thread, and to close() after it.
  Database checkpointing_;
  base::SteadyTime restart_again_{};

  SpaceCounts space_;
  std::atomic<int> commits_waiting_ = 0;  // for write_mutex_: what else holds it makes way

  std::mutex write_mutex_;
  // Guarded by write_mutex_.
  Database writing_;
  std::optional<Writer> writer_;  // nothing when closed
  std::optional<Sweeper> sweeper_;
  std::optional<Eraser> eraser_;

  // Last: their threads use all of the above.
  std::optional<Housekeeper> housekeeper_;
  std::optional<Housekeeper> eraser_thread_;
};

}  // namespace vela::store::sqlite
