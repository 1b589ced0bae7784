#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/logs/offset.hpp"

namespace vela::step {

// What people who wait for delivery are told: how many bytes are left and how fast they go. No I/O.
//
// A short wait says nothing. On a terminal a line is written anew in place, twice a second; elsewhere
// each word is a line of its own, every ten seconds.
class DrainReport {
 public:
  explicit DrainReport(bool is_terminal) : is_terminal_(is_terminal) {}

  // Of `log`, `left` bytes are not durable now. `until`: when the wait is given up, max() for never.
  // What to say, or nothing; ask again at look_at() at the latest.
  [[nodiscard]] std::optional<std::string> next(std::string_view log, logs::ByteCount left,
                                                base::SteadyTime until, base::SteadyTime now);
  [[nodiscard]] base::SteadyTime look_at() const { return look_at_; }

 private:
  struct Sample {
    base::SteadyTime at;
    logs::ByteCount left = 0;
  };
  [[nodiscard]] std::string describe(std::string_view log, const Sample& sample,
                                     base::SteadyTime until) const;

  bool is_terminal_;
  std::string log_;  // that is reported on; a new one begins anew
  // The rate is that since `from_`, at least kRateSpan before the last sample once there is so much.
  Sample from_;
  Sample next_from_;
  base::SteadyTime look_at_;
};

}  // namespace vela::step
