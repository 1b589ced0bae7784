#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/sha256.hpp"
#include "core/buffer/log_buffer.hpp"
#include "core/buffer/spool_file.hpp"
#include "core/logs/chunk.hpp"
#include "core/logs/log_state.hpp"

namespace vela::buffer {

// The bytes of a log that are not durable on the server, [begin, end), and the running digest of
// all that its writer sends, from its base on. With a file behind it the newest bytes are in memory
// too, all of them in the file, and a later process can go on from there; without one everything is
// in memory.
//
// Bytes enter the file when they come. When it can't be written they stay in memory until it can.
//
// Executor: one thread.
// Blocking: reads and writes of the page cache; moving a log reads all that is held.
// Limits:   none of its own; the owner asks is_full() before it takes more.
class Spool {
 public:
  // In memory only, for a new writer.
  Spool();
  // A file that was just made; at most about `limit` bytes of it are used.
  Spool(SpoolFile file, std::uint64_t limit);
  // A file that a dead run left: reads it through, up to the first record that is not whole.
  // Errors: unavailable, corrupt.
  [[nodiscard]] static Result<Spool> resume(SpoolFile file, std::uint64_t limit);
  // The same where nothing is added.
  [[nodiscard]] static Result<Spool> resume(SpoolFile file);

  [[nodiscard]] logs::Offset begin() const { return begin_; }
  [[nodiscard]] logs::Offset end() const { return window_.end(); }
  [[nodiscard]] logs::Offset base() const { return base_; }
  // Lower-case hex over [base, end).
  [[nodiscard]] std::string hex_digest() const { return digest_.hex_digest(); }
  // Memory held, in bytes; the file's are not among it.
  [[nodiscard]] std::size_t memory() const { return window_.cost(); }
  // What may be held at most: the file's limit, without one `memory_limit`.
  [[nodiscard]] std::uint64_t room(std::size_t memory_limit) const;
  // No room for more: the file has its limit, or as much as `memory_limit` is held in memory.
  [[nodiscard]] bool is_full(std::size_t memory_limit) const;
  [[nodiscard]] bool is_half_full(std::size_t memory_limit) const;

  // At the end. `bytes` is not empty.
  void append(std::string_view bytes, base::WallTime time, logs::Stream stream);
  // As LogBuffer::slices; nothing also when the file can't be read, see read_failure().
  [[nodiscard]] std::vector<logs::ChunkSlice> slices(logs::Offset from,
                                                     std::size_t max_bytes) const;
  // What lies below `until` is durable.
  void free_until(logs::Offset until);

  // The writer begins anew at `begin`: there `marker` goes (may be empty), behind it what is held.
  void move_to(logs::Offset begin, std::string_view marker, base::WallTime marker_time);
  // The writer begins anew at `begin`, within what is held: what lies below is not its own.
  void begin_at(logs::Offset begin);
  // Saved with where the writer began; before a byte is sent under it.
  void set_ownership(const Ownership& ownership);
  [[nodiscard]] const Ownership& ownership() const { return ownership_; }

  // Nothing follows: a later process is to seal exactly this.
  void write_end(const logs::Seal& seal);
  // What a run before wrote as the end.
  [[nodiscard]] const std::optional<logs::Seal>& found_end() const { return found_end_; }

  // Forgets what is held; the file stays as it is.
  void discard();
  // The file's, once the log has found its end: delivered, refused for good, or left for later.
  void remove_file();
  void reject_file();
  // Empty without a file.
  [[nodiscard]] std::string path() const { return file_ ? file_->path() : std::string(); }

  // Why held bytes can't be had any more.
  [[nodiscard]] const std::optional<Error>& read_failure() const { return read_failure_; }
  // Why the newest bytes are in memory only: once for each time it begins.
  [[nodiscard]] std::optional<Error> take_write_failure();

 private:
  // A place between two records from which a later process can go on.
  struct Mark {
    std::uint64_t place = kFirstRecordPlace;
    std::uint64_t position = 0;
    base::Sha256 digest;  // of the log up to there
  };

  [[nodiscard]] Result<void> scan();
  [[nodiscard]] std::uint64_t position_of(logs::Offset offset) const { return offset - shift_; }
  [[nodiscard]] logs::Offset offset_of(std::uint64_t position) const { return position + shift_; }
  [[nodiscard]] std::uint64_t held_position() const;
  [[nodiscard]] SpoolState state() const;

  [[nodiscard]] logs::ChunkPtr load(logs::Offset from) const;
  [[nodiscard]] Result<logs::ChunkPtr> read_file(std::uint64_t position) const;
  [[nodiscard]] logs::Chunk place_in_log(logs::Chunk chunk) const;

  void write_behind();
  void mark_when_due(Mark mark);
  [[nodiscard]] bool holds(std::size_t in_memory, std::uint64_t in_file) const;
  void note(const Result<void>& written);
  void free_file();
  void skip_unfiled();
  void advance_head(std::uint64_t position);
  void digest_anew();
  void digest(logs::Offset from, logs::Offset until);

  LogBuffer window_;  // the newest bytes
  logs::Offset begin_ = 0;
  logs::Offset base_ = 0;
  base::Sha256 digest_;  // of [base_, end())
  Ownership ownership_;
  std::optional<logs::Seal> found_end_;
  bool is_discarded_ = false;

  std::optional<SpoolFile> file_;
  std::uint64_t limit_ = 0;
  logs::Offset filed_ = 0;   // the window's bytes below are in the file
  std::uint64_t shift_ = 0;  // offset - position, modulo 2^64
  std::uint64_t first_ = 0;  // position of the first byte in the file that is the writer's
  std::string prefix_;       // bytes before that one
  base::WallTime prefix_time_;
  Mark head_;                     // at or before what is held …
  std::deque<Mark> marks_;        // … and those within it
  std::uint64_t unmarked_ = 0;    // bytes of the file since the last one
  bool is_head_unsaved_ = false;  // a record at the tail would not be found from the saved one
  bool has_written_end_ = false;
  bool has_write_failed_ = false;
  std::optional<Error> write_failure_;
  // Reading goes on where it stopped.
  mutable logs::ChunkPtr read_;
  mutable Mark cursor_;  // behind read_; without a digest
  mutable std::optional<Error> read_failure_;
};

}  // namespace vela::buffer
