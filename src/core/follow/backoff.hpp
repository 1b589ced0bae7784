#pragma once

#include <chrono>
#include <functional>

namespace vela::follow {

// How long to wait before the next try: 50 ms, doubling to 5 s, each shortened by chance to between
// half and the whole, so that a thousand readers of a restarted server do not come back together.
class Backoff {
 public:
  // `random` gives numbers in [0, 1).
  explicit Backoff(std::function<double()> random) : random_(std::move(random)) {}

  [[nodiscard]] std::chrono::microseconds next();
  // The next wait is the first one again.
  void reset();

 private:
  static constexpr std::chrono::microseconds kFirst{50'000};
  static constexpr std::chrono::microseconds kLongest{5'000'000};

  std::function<double()> random_;
  std::chrono::microseconds delay_ = kFirst;
};

}  // namespace vela::follow
