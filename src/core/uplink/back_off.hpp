#pragma once

#include <chrono>

namespace vela::uplink {

// How long to wait before the next try: 50 ms, doubling to 5 s, of which the upper half is drawn by
// lot, so that a thousand workers do not come back in the same instant.
class BackOff {
 public:
  // The pause after one more failure in a row. `lot` lies in [0, 1).
  [[nodiscard]] std::chrono::microseconds next(double lot);
  // Something went right.
  void reset() { failures_ = 0; }
  [[nodiscard]] unsigned failures() const { return failures_; }

 private:
  unsigned failures_ = 0;
};

}  // namespace vela::uplink
