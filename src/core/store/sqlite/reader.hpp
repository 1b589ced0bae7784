#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/store/chunk_codec.hpp"
#include "core/store/log_store.hpp"
#include "core/store/sqlite/database.hpp"
#include "core/store/sqlite/frame_table.hpp"
#include "core/store/sqlite/journal_index.hpp"
#include "core/store/sqlite/journal_table.hpp"
#include "core/store/sqlite/log_table.hpp"

namespace vela::store::sqlite {

// Answers from one connection of its own; every answer is one snapshot.
//
// Executor: one thread at a time.
class Reader {
 public:
  Reader(Database database, const JournalIndex& index);

  [[nodiscard]] Result<std::optional<StoredLog>> find(const logs::LogId& id);
  [[nodiscard]] Result<std::vector<StoredLog>> load_open_logs();
  [[nodiscard]] Result<std::vector<StoredLog>> load_build(const logs::BuildId& build);
  // The log of the lowest key above `last`; nothing when there is none.
  [[nodiscard]] Result<std::optional<StoredLog>> load_next(LogKey last);
  [[nodiscard]] Result<std::optional<base::WallTime>> find_build_end(const logs::BuildId& build) {
    return logs_.find_build_end(build);
  }
  [[nodiscard]] Result<std::vector<LogFacts>> load_facts(LogKey after, std::size_t most);
  [[nodiscard]] Result<std::vector<logs::ChunkSlice>> read(LogKey key, logs::Offset from,
                                                           std::size_t max_bytes);

 private:
  [[nodiscard]] Result<std::vector<StoredLog>> load_all(const std::vector<LogKey>& keys);
  [[nodiscard]] Result<std::optional<StoredLog>> load(LogKey key);
  [[nodiscard]] Result<bool> add_newer_position(StoredLog& log, const JournalRow& last);
  // Nothing when the snapshot is newer than `rows` and does not go with them.
  [[nodiscard]] Result<std::optional<std::vector<logs::ChunkSlice>>> read_snapshot(
      LogKey key, logs::Offset from, logs::Offset until, const std::vector<JournalRow>& rows);

  Database database_;
  const JournalIndex& index_;
  ChunkCodec codec_;
  LogTable logs_;
  JournalTable journal_;
  FrameTable frames_;
};

// A few readers for all threads.
//
// Executor: any thread. Blocking: until a reader is free.
class ReaderPool {
 public:
  ReaderPool(std::string path, const JournalIndex& index);

  // Errors: those of opening a connection and those of `job`.
  template <class Answer>
  [[nodiscard]] Result<Answer> with_reader(const std::function<Result<Answer>(Reader&)>& job) {
    auto reader = take();
    if (!reader) return reader.error();
    Result<Answer> answer = job(**reader);
    give_back(std::move(*reader));
    return answer;
  }

  // Waits for those in use and closes all; with_reader() fails from now on.
  void close();

 private:
  [[nodiscard]] Result<std::unique_ptr<Reader>> take();
  void give_back(std::unique_ptr<Reader> reader);

  const std::string path_;
  const JournalIndex& index_;

  std::mutex mutex_;
  std::condition_variable is_free_;
  // Guarded by mutex_.
  std::vector<std::unique_ptr<Reader>> idle_;
  std::size_t in_use_ = 0;
  bool is_closed_ = false;
};

}  // namespace vela::store::sqlite
