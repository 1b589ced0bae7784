#pragma once

#include <chrono>

#include "core/base/clock.hpp"

// How fast writers of short appends are asked to send. A stream always sends at once.
namespace vela::hub {

// Whether somebody follows a log: an event stream of it or of its build, or long polls.
class Interest {
 public:
  void join() { ++followers_; }
  void leave(base::SteadyTime now);
  // Somebody is here, or left so shortly ago that it may be a reader between two long polls.
  [[nodiscard]] bool is_fresh(base::SteadyTime now) const;

 private:
  int followers_ = 0;
  base::SteadyTime lasts_until_ = base::SteadyTime::min();
};

// The pause between two appends of a log. `load`: the share of the memory for unstored bytes that
// is in use, by this log or by all, whichever is more: 0 none, 1 full. It rises when bytes come
// faster than commits carry them away.
[[nodiscard]] std::chrono::milliseconds append_interval(bool is_followed, double load);

}  // namespace vela::hub
