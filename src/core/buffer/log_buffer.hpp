#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/logs/chunk.hpp"

namespace vela::buffer {

// The bytes of one log that are held in memory: a window [begin, end) that grows at the end and is
// freed from the front. The worker holds what is not durable yet, the server what is not stored or
// is being followed, tail what the terminal has not taken.
//
// Executor: one thread. Slices that were handed out may be read on any thread: chunks never change.
// Limits:   none of its own; the owner asks cost() before it takes more.
class LogBuffer {
 public:
  explicit LogBuffer(logs::Offset begin = 0) : begin_(begin), end_(begin) {}

  [[nodiscard]] logs::Offset begin() const { return begin_; }
  [[nodiscard]] logs::Offset end() const { return end_; }
  [[nodiscard]] bool is_empty() const { return begin_ == end_; }
  // Memory held, in bytes: the chunks' bytes and what it takes to keep them. Chunks that are freed
  // in part count whole.
  [[nodiscard]] std::size_t cost() const { return cost_; }

  // Appends at the end. `chunk.begin` must be end(); an empty chunk is ignored.
  void append(logs::Chunk chunk);
  // Appends `bytes` under one mark.
  void append(std::string_view bytes, base::WallTime time, logs::Stream stream);

  // Up to `max_bytes` from `from` on, which must lie in [begin, end]; empty only at end() or when
  // `max_bytes` is 0.
  [[nodiscard]] std::vector<logs::ChunkSlice> slices(logs::Offset from,
                                                     std::size_t max_bytes) const;

  // Forgets what lies below `until`; beyond end() means all.
  void free_until(logs::Offset until);

  // The same held bytes at another place: a chunk of `marker` (may be empty) at `begin`, then what
  // was held. Only for a writer that takes a log over.
  void rebase(logs::Offset begin, std::string_view marker, base::WallTime marker_time);

 private:
  logs::Offset begin_;
  logs::Offset end_;
  std::size_t cost_ = 0;
  std::deque<logs::ChunkPtr> chunks_;  // contiguous; the first may begin below begin_
};

}  // namespace vela::buffer
