#pragma once

#include <string>
#include <string_view>

#include "core/logs/offset.hpp"

namespace vela::step {

// What becomes of output that finds no room, in the order of --when-full.
enum class WhenFull { block, drop, fail };

// Keeps account of output that is dropped, and has a line put in its place. No I/O.
//
// block never drops; drop takes output again as soon as there is room; fail takes nothing any more
// once there was none, as the step is to be stopped.
class Overflow {
 public:
  explicit Overflow(WhenFull way) : way_(way) {}

  struct Answer {
    std::string marker;  // goes into the log first; may be empty
    bool is_taken = true;
  };
  [[nodiscard]] Answer on_output(std::string_view bytes, bool has_room);
  // Nothing follows: the marker that is still owed, else empty.
  [[nodiscard]] std::string on_end();

  [[nodiscard]] bool waits() const { return way_ == WhenFull::block; }
  // Output found no room, and the step is to be stopped for it.
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] logs::ByteCount dropped() const { return dropped_; }

 private:
  const WhenFull way_;
  bool has_failed_ = false;
  bool is_line_open_ = false;  // what was taken last did not end its line
  logs::ByteCount dropped_ = 0;
  logs::ByteCount unmarked_ = 0;  // of those, since the last marker
};

}  // namespace vela::step
