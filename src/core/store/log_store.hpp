#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/logs/chunk.hpp"
#include "core/logs/log_id.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/writer_id.hpp"

namespace vela::store {

// Which row of the store a log is. 0: none.
using LogKey = std::int64_t;

// Everything that is kept of a log beside its bytes.
struct LogRecord {
  LogKey key = 0;
  logs::LogId id;
  std::string name;  // the step's name, "" when not announced

  logs::WriterId owner;   // of the last or present owner; unset when it was plain curl's
  logs::Offset base = 0;  // where the owner began
  logs::Generation generation;
  std::vector<logs::Offset> cuts;        // of generations 2, 3, … up to the present one
  std::vector<logs::WriterId> replaced;  // owners that were taken over; they never come back

  logs::LogState state = logs::LogState::pending;
  logs::StepStatus status = logs::StepStatus::pending;
  std::optional<logs::Seal> seal;  // as the owner claimed it, once it did
  std::string reason;              // why the log is incomplete; empty when it is not

  base::WallTime created;
  std::optional<base::WallTime> started;
  std::optional<base::WallTime> finished;
  std::optional<base::WallTime> last_output;  // the last byte came then, by this server's clock
  std::optional<base::WallTime> deleted;      // its bytes were taken away; a writer may begin anew

  friend bool operator==(const LogRecord&, const LogRecord&) = default;
};

// A log as the store has it: the record and how far its bytes go.
struct StoredLog {
  LogRecord record;
  logs::Offset length = 0;   // bytes [0, length) are durable
  std::string digest_state;  // base::Sha256::save() over [record.base, length)
};

// What one log contributes to a batch.
struct BatchItem {
  LogKey key = 0;
  // Written when set: at creation, and whenever the record changed since the last commit.
  std::optional<LogRecord> record;
  // Contiguous, beginning at the log's stored length; may be empty when only the record changed.
  std::vector<logs::ChunkSlice> slices;
  std::string digest_state;  // over [base, end of slices); always set
  // What was stored under these keys is void with this commit and is erased later. The row of a key
  // goes too, unless it is this item's own, which then has a record of no bytes and no slices.
  std::vector<LogKey> voided;
};

// What retention decides by.
struct LogFacts {
  LogKey key = 0;
  logs::LogId id;
  logs::ByteCount bytes = 0;
  logs::LogState state = logs::LogState::pending;
  // When its last byte came; of a log without one, when it ended or was begun.
  base::WallTime last_output;
};

// What became of deleted logs since the store was opened.
struct SpaceTotals {
  std::uint64_t logs_erased = 0;
  std::uint64_t bytes_given_back = 0;  // to the file system
  std::size_t logs_to_erase = 0;       // at present
};

// What a store holds and has done since it was opened.
struct StoreFacts {
  std::uint64_t sealed_logs = 0;
  std::uint64_t incomplete_logs = 0;
  std::uint64_t committed_bytes = 0;         // of output
  std::uint64_t committed_packed_bytes = 0;  // what they and their marks took, as packed
  std::uint64_t journal_rows = 0;            // that were not moved into frames and freed yet
  std::uint64_t journal_bytes = 0;           // packed
  std::uint64_t failed_chores = 0;           // sweeps and checkpoints
  std::uint64_t size_bytes = 0;              // of the store's file
  std::uint64_t wal_bytes = 0;               // of the file beside it that commits go to first
  std::uint64_t disk_free_bytes = 0;         // what an unprivileged process may still write there
  std::uint64_t memory_bytes = 0;            // held for all connections
};

// The durable record of every log, in order.
//
// Executor: any thread; each call blocks, so reach it through async::run_blocking. One commit at a
//           time; reads and commits may run at once.
// Errors:   unavailable (disk full, locked, I/O: retry), corrupt (stop serving). Bad input never
// gets
//           here.
// Limits:   a batch may touch many logs; it commits whole or not at all. When commit returns, the
//           batch survives a power cut.
class LogStore {
 public:
  virtual ~LogStore() = default;

  // A key that no log has or had. Does not block.
  [[nodiscard]] virtual LogKey allocate_key() = 0;

  [[nodiscard]] virtual Result<void> commit(const std::vector<BatchItem>& batch) = 0;

  // Nothing when there is no such log.
  [[nodiscard]] virtual Result<std::optional<StoredLog>> find(const logs::LogId& id) = 0;

  // All logs whose record is pending, running or lost: what a server must know at start.
  [[nodiscard]] virtual Result<std::vector<StoredLog>> load_open_logs() = 0;

  // All logs of a build, services first, each by number.
  [[nodiscard]] virtual Result<std::vector<StoredLog>> load_build(const logs::BuildId& build) = 0;

  // When the build was closed; nothing when it is open or unknown. A build that is closed may be
  // opened again by setting nothing.
  [[nodiscard]] virtual Result<void> set_build_end(const logs::BuildId& build,
                                                   std::optional<base::WallTime> ended) = 0;
  [[nodiscard]] virtual Result<std::optional<base::WallTime>> find_build_end(
      const logs::BuildId& build) = 0;

  // Bytes of [from, from + max_bytes) that are stored, contiguous from `from`; at least one byte
  // unless `from` is at or beyond the stored length. One snapshot. Errors: corrupt, when the range
  // is not covered without a hole.
  [[nodiscard]] virtual Result<std::vector<logs::ChunkSlice>> read(LogKey key, logs::Offset from,
                                                                   std::size_t max_bytes) = 0;

  // How it stands. Does not block: numbers in memory, and a look at the files' sizes.
  [[nodiscard]] virtual StoreFacts facts() const = 0;

  // The logs that are not deleted and have a key above `after`, by key, at most `most`.
  [[nodiscard]] virtual Result<std::vector<LogFacts>> load_facts(LogKey after,
                                                                 std::size_t most) = 0;
  // Removes what is left of logs that were deleted before `before` and are erased, at most `most`
  // of them: nobody will know that there was such a log. The answer is how many there were.
  [[nodiscard]] virtual Result<std::size_t> forget_deleted(base::WallTime before,
                                                           std::size_t most) = 0;

  // Moves journal rows of ended or quiet logs into frames and frees them, erases what is void and
  // gives the space back to the file system, at most a bounded piece of work a call. True when
  // there is more to do at once.
  [[nodiscard]] virtual Result<bool> sweep() = 0;
  // Does not block.
  [[nodiscard]] virtual SpaceTotals space() const = 0;

  // What the file system of the store has left; nothing when there is none, or it does not say.
  // Blocking: no; it is not the disk that is asked.
  [[nodiscard]] virtual std::optional<std::uint64_t> load_free_bytes() const = 0;

  // Closes the store in good order; the destructor does so too, without telling of errors.
  [[nodiscard]] virtual Result<void> close() = 0;
};

// Opens or creates the store that `url` names: "sqlite:PATH" or a bare PATH.
// Errors: invalid (an unknown scheme), conflict (another server holds it: the text says which file
// and what to do), corrupt (no database of ours, or of a newer schema), unavailable.
[[nodiscard]] Result<std::unique_ptr<LogStore>> open_store(const std::string& url);

}  // namespace vela::store
