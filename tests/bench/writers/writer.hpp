#pragma once

#include <chrono>
#include <string>

#include "core/async/awaitable.hpp"
#include "core/logs/log_id.hpp"

#include "bench/log_text.hpp"

namespace vela::bench {

struct StepPlan {
  std::string server;
  logs::LogId log;
  unsigned seed = 0;
  std::chrono::microseconds start{};  // after the others' earliest
  Pace pace;
  std::chrono::microseconds length{};
};

// One step and its delivery.
//
// Executor: one thread.
// Lifetime: run() must have returned before it goes.
class Writer {
 public:
  virtual ~Writer() = default;
  // Until all is delivered; false when something was lost, which is said on standard error.
  [[nodiscard]] virtual async::Awaitable<bool> run() = 0;
};

// Waits; a moment that has passed is no wait.
[[nodiscard]] async::Awaitable<void> sleep_until(std::chrono::steady_clock::time_point until);

}  // namespace vela::bench
