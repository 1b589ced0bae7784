#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "core/base/clock.hpp"
#include "core/logs/offset.hpp"

namespace vela::hub {

// When the newest bytes of a log became durable: the last few commits, so that a log costs the same
// however long it is.
class DurableTimes {
 public:
  void on_durable(logs::Offset until, base::SteadyTime now) {
    commits_[next_] = {until, now};
    next_ = (next_ + 1) % commits_.size();
  }

  // For how long the byte at `at` has been durable: zero when it is not yet, and the time since the
  // oldest commit that is known when it was in one before that.
  [[nodiscard]] std::chrono::microseconds since(logs::Offset at, base::SteadyTime now) const {
    std::chrono::microseconds since{0};
    for (const Commit& commit : commits_) {
      if (commit.until <= at) continue;  // unused ones too
      since =
          std::max(since, std::chrono::duration_cast<std::chrono::microseconds>(now - commit.time));
    }
    return since;
  }

 private:
  struct Commit {
    logs::Offset until = 0;
    base::SteadyTime time;
  };
  std::array<Commit, 4> commits_{};
  std::size_t next_ = 0;
};

}  // namespace vela::hub
