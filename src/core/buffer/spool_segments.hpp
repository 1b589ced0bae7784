#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/buffer/spool_format.hpp"

namespace vela::buffer {

// Which segments of a spool's file hold records, in the order of those, and which can be taken
// again: to write where the page cache has room already costs a third of new pages. No I/O.
//
// Places are offsets in the file, see spool_format.hpp; a segment is named by where it begins.
class SpoolSegments {
 public:
  // Free segments that keep their disk space: what is on its way at full speed.
  static constexpr std::size_t kMaxSpare = 24;

  // A new file: its first segment takes the first record.
  SpoolSegments() : SpoolSegments(std::vector<std::uint64_t>{kFirstRecordPlace}, 0) {}
  // A file of `size` bytes with records in `held`, which is not empty.
  SpoolSegments(const std::vector<std::uint64_t>& held, std::uint64_t size);

  [[nodiscard]] static std::uint64_t begin_of(std::uint64_t place);
  [[nodiscard]] static std::uint64_t end_of(std::uint64_t place) {
    return begin_of(place) + kSegmentBytes;
  }

  // The segment for the next record when that of the last one is full: the one that was freed
  // last, or a new one at the end of the file. It is free until take().
  [[nodiscard]] std::uint64_t next() const;
  void take();

  // Nothing held stands before `place`, which is in a segment that holds records.
  void free_before(std::uint64_t place);
  // The oldest of the free segments with disk space when there are more than `keep`: to be given
  // back. Then one of these says what came of it.
  [[nodiscard]] std::optional<std::uint64_t> spare_beyond(std::size_t keep) const;
  void has_given_back();
  void drop_spare();  // it is never to be taken again

  // Segments that hold records; one at least.
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  // The one with the oldest record.
  [[nodiscard]] std::uint64_t oldest() const { return held_.front(); }
  // Where the file's last segment ends, with disk space or without.
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  std::deque<std::uint64_t> held_;    // from the oldest record's to the newest's
  std::deque<std::uint64_t> spare_;   // free, with their disk space or what may be it
  std::vector<std::uint64_t> holes_;  // free, without
  std::uint64_t end_;                 // where a new one would begin
};

}  // namespace vela::buffer
