#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/sha256.hpp"
#include "core/buffer/log_buffer.hpp"
#include "core/hub/writer_clock.hpp"
#include "core/logs/chunk.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/writer_id.hpp"
#include "core/store/log_store.hpp"

namespace vela::hub {

// Why a write was not taken. The writer acts on each differently.
enum class Refusal {
  gap,           // it begins beyond the end: go on at the offset
  other_writer,  // somebody else owns the log; takeover may become possible
  replaced,      // this writer was taken over and never comes back
  sealed,        // the log has its final state
  diverged,      // it repeats bytes with other content; the log is incomplete now
  deleted,       // its bytes were taken away: this writer stops, another may begin anew
};

[[nodiscard]] std::string_view to_string(Refusal refusal);

// Who writes, and whose place it wants to take.
struct WriterClaim {
  logs::WriterId writer;
  bool is_anonymous = false;  // plain curl: the id was made for one request
  std::optional<logs::WriterId> takeover;
  bool force = false;  // do not wait until the replaced owner is unheard
  // The announcement, as far as it was made.
  std::optional<std::string> name;
  std::optional<base::WallTime> started;
  std::optional<ClockReading> clock;  // for the lag alone
};

// The times of now, taken once a request or event.
struct Now {
  base::SteadyTime steady;
  base::WallTime wall;

  [[nodiscard]] static Now take() { return {base::steady_now(), base::wall_now()}; }
};

// The only place where a log's state changes: who owns it, which bytes it has, how far they are
// stored, when it has ended. A machine without I/O: time comes in as a parameter.
//
// Executor: one thread.
// Errors:   refusals are values; data from a peer never breaks it.
// Limits:   none of its own on memory: the caller asks unstored_cost() before it reads more.
class LiveLog {
 public:
  // A log that nobody has announced: pending, without a row in the store.
  LiveLog(logs::LogId id, Now now);
  // A log as the store has it. Errors: corrupt, when its digest state is not one.
  [[nodiscard]] static Result<LiveLog> recover(store::StoredLog stored, Now now);

  // ---- writing

  // Makes `claim.writer` the owner or confirms it, and hears it. `key` is used when the log has no
  // row yet, or was deleted: then it begins anew. Refusals: other_writer, replaced, sealed (for
  // anyone but its owner), deleted (for those who wrote it before).
  [[nodiscard]] std::optional<Refusal> claim(const WriterClaim& claim, store::LogKey key, Now now);
  // Ends the ownership of an anonymous writer.
  void release(const logs::WriterId& writer);

  // Places bytes that begin at `at`: skips what is there, appends the rest. `marks` follow the rule
  // of Chunk with offsets counted from `at`.
  [[nodiscard]] std::optional<Refusal> place(const logs::WriterId& writer, logs::Offset at,
                                             std::string_view bytes,
                                             const std::vector<logs::TimeMark>& marks, Now now);

  // Takes the seal, or confirms an equal one. The log has ended for readers once the flush that
  // carries it is stored: has_ended(). Refusals: gap (bytes are missing), other_writer, replaced,
  // sealed.
  [[nodiscard]] std::optional<Refusal> seal(const logs::WriterId& writer, const logs::Seal& seal,
                                            Now now);

  // Takes all bytes away, stored or not; what is left is a log of none that has ended as
  // incomplete. Its owner never comes back. Not of a log without a row, nor of a deleted one.
  void erase(Now now);
  [[nodiscard]] bool is_deleted() const { return record_.deleted.has_value(); }
  // Whether bytes may still come: it is neither ended nor given up.
  [[nodiscard]] bool is_in_use() const;

  // ---- storing

  [[nodiscard]] bool has_unstored() const;
  // What the next commit must carry. One at a time: on_stored or on_store_failed comes next.
  [[nodiscard]] store::BatchItem take_batch();
  void on_stored();
  void on_store_failed();

  // ---- liveness

  // Moves running -> lost -> incomplete as time passes without a word of the writer. True when the
  // state changed.
  [[nodiscard]] bool check_liveness(base::SteadyTime now);

  // ---- reading

  [[nodiscard]] const store::LogRecord& record() const { return record_; }
  [[nodiscard]] logs::Offset received() const { return buffer_.end(); }
  [[nodiscard]] logs::Offset durable() const { return durable_; }
  // As readers may see it: a final state only once it is stored.
  [[nodiscard]] logs::LogState state() const;
  [[nodiscard]] bool has_ended() const { return is_end_stored_; }
  // True while a writer may still write: not ended, and announced.
  [[nodiscard]] bool is_open() const;
  // After the end: whether it is all that the step printed.
  [[nodiscard]] logs::Verdict verdict() const;
  // Lower-case hex over [base, received).
  [[nodiscard]] std::string sha256() const { return digest_.hex_digest(); }

  // Where a reader that holds `cursor` goes on: its offset, or the lowest cut since its generation
  // when it is beyond that, or what there is when its generation is not known here.
  [[nodiscard]] logs::Offset resume_point(const logs::Cursor& cursor) const;

  // [memory_begin, received) is in memory; what lies below is in the store.
  [[nodiscard]] logs::Offset memory_begin() const { return buffer_.begin(); }
  [[nodiscard]] std::vector<logs::ChunkSlice> slices(logs::Offset from,
                                                     std::size_t max_bytes) const;

  [[nodiscard]] std::chrono::milliseconds silent_for(base::SteadyTime now) const;
  [[nodiscard]] std::chrono::milliseconds writer_unheard_for(base::SteadyTime now) const;

  // ---- memory

  [[nodiscard]] std::size_t cost() const { return buffer_.cost(); }
  // The part of cost() that a commit has to free: what is not stored.
  [[nodiscard]] std::size_t unstored_cost() const { return unstored_cost_; }
  // Forgets stored bytes but for the last ones, which cost about `keep`.
  void free_stored(std::size_t keep);

 private:
  LiveLog(store::LogRecord record, logs::Offset length, base::Sha256 digest, Now now);

  [[nodiscard]] std::optional<Refusal> check_owner(const logs::WriterId& writer) const;
  [[nodiscard]] bool is_replaced(const logs::WriterId& writer) const;
  [[nodiscard]] bool agrees_with_memory(logs::Offset at, std::string_view bytes) const;
  void change_owner(const WriterClaim& claim, Now now);
  void begin_anew(store::LogKey key, Now now);
  void cut_to_nothing();
  void make_void(store::LogKey key);
  void hear(base::SteadyTime now);
  void end(logs::LogState state, std::string reason, Now now);

  store::LogRecord record_;
  buffer::LogBuffer buffer_;
  base::Sha256 digest_;  // over [record_.base, received)
  bool is_anonymous_owner_ = false;

  logs::Offset durable_ = 0;
  std::size_t unstored_cost_ = 0;
  bool is_record_changed_ = false;  // since the last batch was taken
  bool is_end_stored_ = false;
  std::vector<store::LogKey> voided_;  // what the next commit must make void
  // While a batch is being stored.
  struct InFlight {
    logs::Offset until = 0;
    std::size_t cost = 0;
    bool has_record = false;
    bool has_end = false;
    bool is_void = false;  // the log was cut to nothing meanwhile
    std::vector<store::LogKey> voided;
  };
  std::optional<InFlight> in_flight_;

  base::SteadyTime heard_;        // the owner's last request or byte
  base::SteadyTime last_output_;  // the last byte that was new
};

}  // namespace vela::hub
