#pragma once

#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/sha256.hpp"
#include "core/buffer/log_buffer.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/offset.hpp"

namespace vela::uplink {

// The worker's end of its log: the bytes that are not durable yet, and the running digest of all
// that this writer sends, from its base on.
//
// Executor: one thread.
class HeldLog {
 public:
  // A byte gets its place here and keeps it, unless the log is moved.
  void push(std::string_view bytes, base::WallTime time, logs::Stream stream);

  // Forgets what lies below `durable`.
  void free_until(logs::Offset durable) { buffer_.free_until(durable); }

  // What is held goes to `base` instead, where this writer now begins; before it, when `lost` is
  // not 0, a line that says how many bytes the server lost.
  void move_to(logs::Offset base, logs::ByteCount lost);

  // This writer now begins at `base`, within what is held: what lies below is on the server, from
  // the writer that it replaces.
  void continue_at(logs::Offset base);

  // Forgets everything; from now on bytes are only counted.
  void discard();

  [[nodiscard]] const buffer::LogBuffer& buffer() const { return buffer_; }
  [[nodiscard]] logs::Offset begin() const { return buffer_.begin(); }
  [[nodiscard]] logs::Offset end() const { return end_; }
  // Where this writer began.
  [[nodiscard]] logs::Offset base_offset() const { return base_; }
  // Bytes that the server had and lost, and that are no longer here either.
  [[nodiscard]] logs::ByteCount lost() const { return lost_; }
  // Memory held.
  [[nodiscard]] std::size_t cost() const { return buffer_.cost(); }

  // Length, base, digest and loss as they are now.
  [[nodiscard]] logs::Seal seal() const;

 private:
  void begin_at(logs::Offset base);

  buffer::LogBuffer buffer_;
  base::Sha256 digest_;  // of [base_, end_)
  logs::Offset base_ = 0;
  logs::Offset end_ = 0;
  logs::ByteCount lost_ = 0;
  base::WallTime last_time_;
  bool is_discarded_ = false;
};

}  // namespace vela::uplink
