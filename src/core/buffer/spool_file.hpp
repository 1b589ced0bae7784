#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"
#include "core/buffer/spool_format.hpp"
#include "core/buffer/spool_segments.hpp"
#include "core/logs/chunk.hpp"

namespace vela::buffer {

// What a spool's name ends in when its log was refused for good.
inline constexpr std::string_view kRejectedSuffix = ".rejected";

// Records that stand one after the other in a spool file.
struct SpoolBatch {
  // Offsets are positions; no bytes when nothing whole follows.
  logs::Chunk chunk;
  std::uint64_t next_place = 0;
  std::uint64_t file_bytes = 0;  // that the records take
  // The segment where they stand, when it is not that of the place they were read from.
  std::optional<std::uint64_t> jump;
  // The payload of the end record, when it was reached.
  std::optional<std::string> end;
};

// The file of one spool: the writer and the reader of what spool_format.hpp describes. What is
// written is safe from the death of this process, not from a power cut: nothing is synced.
//
// Executor: one thread.
// Blocking: all calls, as long as the page cache and the disk take.
// Errors:   unavailable, with what the system says; a record that could not be written whole does
//           not count, and the next one takes its place.
// Lifetime: whoever has it holds the file's lock; the file stays when it goes.
class SpoolFile {
 public:
  // `fd`: an empty file, locked. Writes identity and first state.
  [[nodiscard]] static Result<SpoolFile> create(base::UniqueFd fd, std::string path,
                                                const SpoolIdentity& identity,
                                                const Ownership& ownership);
  // Whose a file is, which may be locked or not. Errors: corrupt too.
  [[nodiscard]] static Result<SpoolIdentity> read_identity(int fd);
  // `fd`: a file that may be a spool, locked. Errors: corrupt too.
  [[nodiscard]] static Result<SpoolFile> open(base::UniqueFd fd, std::string path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const SpoolIdentity& identity() const { return identity_; }
  // As last saved.
  [[nodiscard]] const SpoolState& state() const { return state_; }

  // Where the next record goes.
  [[nodiscard]] std::uint64_t tail() const { return tail_; }
  // Disk space of records that are held.
  [[nodiscard]] std::uint64_t used() const;
  // Room for records without the file growing.
  [[nodiscard]] std::uint64_t size() const { return segments_.end() - kFirstRecordPlace; }

  // Writes a record; `payload` has 1 to kMaxRecordBytes bytes.
  [[nodiscard]] Result<void> append(RecordKind kind, std::uint64_t position, base::WallTime time,
                                    std::string_view payload);
  // Output records from `place` on, where `position` stands, up to about 256 KiB of file.
  [[nodiscard]] Result<SpoolBatch> read(std::uint64_t place, std::uint64_t position) const;

  // What reading a file through that was opened has shown: where its records end, and the segments
  // that hold them, in their order. All else that stands in it does not count.
  void settle(std::uint64_t tail, const std::vector<std::uint64_t>& segments);

  // Writes the state into the slot that does not count now; its number is set here. When it fails
  // the one before counts.
  [[nodiscard]] Result<void> save(SpoolState state);
  // Whether a state with that place would make a segment free.
  [[nodiscard]] bool would_free(std::uint64_t place) const;
  // Nothing before the saved state's place is held: segments become free, and the disk space of
  // most is given back, as far as the file system can.
  void give_back();
  // Nothing held is in the file any more: the next record is the first one again. The state is
  // saved with that place.
  [[nodiscard]] Result<void> restart(SpoolState state);

  // Delivered.
  void remove();
  // Refused for good: kept under another name, for people.
  void reject();

 private:
  SpoolFile(base::UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  [[nodiscard]] Result<void> cut_off();
  [[nodiscard]] Result<std::string> read_records(std::uint64_t place) const;
  [[nodiscard]] Result<void> write(std::string_view bytes, std::uint64_t place);
  [[nodiscard]] Result<void> write_record(std::uint64_t place, const RecordHead& head,
                                          std::string_view payload);

  base::UniqueFd fd_;
  std::string path_;
  SpoolIdentity identity_;
  SpoolState state_;
  std::uint64_t tail_ = kFirstRecordPlace;
  SpoolSegments segments_;
  bool is_read_through_ = true;  // tail and segments are known
  bool is_cut_off_ = true;       // nothing stands in the file that could count when it should not
};

}  // namespace vela::buffer
