#pragma once

#include <string_view>

#include "core/base/clock.hpp"
#include "core/buffer/spool.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/offset.hpp"

namespace vela::uplink {

// The worker's end of its log: the bytes that are not durable yet, and the running digest of all
// that this writer sends, from its base on.
//
// Executor: one thread.
// Blocking: as its spool does.
class HeldLog {
 public:
  // In memory only, for a new writer.
  HeldLog() = default;
  explicit HeldLog(buffer::Spool spool);

  // A byte gets its place here and keeps it, unless the log is moved.
  void push(std::string_view bytes, base::WallTime time, logs::Stream stream);

  // Forgets what lies below `durable`.
  void free_until(logs::Offset durable) { spool_.free_until(durable); }

  // What is held goes to `base` instead, where this writer now begins; before it, when `lost` is
  // not 0, a line that says how many bytes the server lost.
  void move_to(logs::Offset base, logs::ByteCount lost);

  // This writer now begins at `base`, within what is held: what lies below is on the server, from
  // the writer that it replaces.
  void continue_at(logs::Offset base);

  // Who writes from now on; told before a byte is sent under it.
  void set_owner(const logs::WriterId& writer, const logs::WriterId& replaces, bool is_owner);

  // Forgets everything; from now on bytes are only counted.
  void discard();

  [[nodiscard]] const buffer::Spool& spool() const { return spool_; }
  [[nodiscard]] buffer::Spool& spool() { return spool_; }
  [[nodiscard]] logs::Offset begin() const { return spool_.begin(); }
  [[nodiscard]] logs::Offset end() const { return end_; }
  // Where this writer began.
  [[nodiscard]] logs::Offset base_offset() const { return spool_.base(); }
  // Bytes that the server had and lost, and that are no longer here either.
  [[nodiscard]] logs::ByteCount lost() const { return lost_; }

  // Length, base, digest and loss as they are now.
  [[nodiscard]] logs::Seal seal() const;

 private:
  buffer::Spool spool_;
  logs::Offset end_ = 0;
  logs::ByteCount lost_ = 0;
  base::WallTime last_time_;
  bool is_discarded_ = false;
};

}  // namespace vela::uplink
