#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/store/log_store.hpp"
#include "core/store/sqlite/database.hpp"

namespace vela::store::sqlite {

// Where a log stands, as its row says: `length` and `digest_state` of the last time it was written,
// and how much is in frames.
struct LogPosition {
  logs::Offset length = 0;
  logs::Offset framed = 0;
  bool is_ended = false;
};

// The tables `logs` and `ended_builds` through one connection.
class LogTable {
 public:
  explicit LogTable(Database& database);

  [[nodiscard]] Result<std::optional<LogKey>> find_key(const logs::LogId& id);
  [[nodiscard]] Result<std::vector<LogKey>> load_open_keys();
  // Services first, each by number.
  [[nodiscard]] Result<std::vector<LogKey>> load_build_keys(const logs::BuildId& build);
  [[nodiscard]] Result<LogKey> load_highest_key();
  // The lowest key above `last`; nothing when there is none.
  [[nodiscard]] Result<std::optional<LogKey>> find_next_key(LogKey last);

  // The row with its own idea of the length, which the journal may be ahead of.
  [[nodiscard]] Result<std::optional<StoredLog>> load(LogKey key);
  [[nodiscard]] Result<std::optional<LogPosition>> load_position(LogKey key);

  // Nothing when there is no such row, or the log is deleted.
  [[nodiscard]] Result<std::optional<logs::LogState>> load_state(LogKey key);
  struct EndedLogs {
    std::uint64_t sealed = 0;
    std::uint64_t incomplete = 0;
  };
  // Reads all rows once: a tenth of a second for 100,000 of them.
  [[nodiscard]] Result<EndedLogs> count_ended();

  // Creates or replaces the row; `framed` stays.
  [[nodiscard]] Result<void> write(const StoredLog& log);
  [[nodiscard]] Result<void> write_position(LogKey key, logs::Offset length,
                                            const std::string& digest_state);
  [[nodiscard]] Result<void> write_framed(LogKey key, logs::Offset framed);
  [[nodiscard]] Result<void> remove(LogKey key);

  // As LogStore says; the lengths are those of the rows.
  [[nodiscard]] Result<std::vector<LogFacts>> load_facts(LogKey after, std::size_t most);
  // As LogStore says, in one go.
  [[nodiscard]] Result<std::size_t> forget_deleted(base::WallTime before, std::size_t most);

  // Of a build: when it was closed, if it is.
  [[nodiscard]] Result<std::optional<base::WallTime>> find_build_end(const logs::BuildId& build);
  [[nodiscard]] Result<void> write_build_end(const logs::BuildId& build,
                                             std::optional<base::WallTime> ended);

 private:
  [[nodiscard]] static Result<std::vector<LogKey>> load_keys(Query& query);

  Statement find_key_;
  Statement load_open_keys_;
  Statement load_build_keys_;
  Statement load_highest_key_;
  Statement find_next_key_;
  Statement load_;
  Statement load_position_;
  Statement load_state_;
  Statement count_ended_;
  Statement write_;
  Statement write_position_;
  Statement write_framed_;
  Statement remove_;
  Statement load_facts_;
  Statement forget_deleted_;
  Statement forget_build_end_;
  Statement find_build_end_;
  Statement write_build_end_;
  Statement remove_build_end_;
};

[[nodiscard]] bool is_ended(logs::LogState state);

}  // namespace vela::store::sqlite
