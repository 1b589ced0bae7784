#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "core/base/clock.hpp"

// How fast writers of short appends are asked to send, and how a stream, which always sends at
// once, is read.
namespace vela::hub {

// Whether somebody follows a log: an event stream of it or of its build, or long polls.
class Interest {
 public:
  void join() { ++followers_; }
  void leave(base::SteadyTime now);
  [[nodiscard]] std::size_t followers() const { return static_cast<std::size_t>(followers_); }
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

// When a stream is read on. While somebody follows its log, at once. While nobody does, what comes
// within a quarter of a second is read together: to be woken for each line costs more than to read
// it. That is how late the end of such a stream is seen, so one that is young is read at once, too.
class StreamPace {
 public:
  // So many bytes at a time are worth being woken for.
  static constexpr int kWakeBytes = 4 * 1024;

  explicit StreamPace(base::SteadyTime began) : began_(began) {}

  // After a read that brought `bytes`: when to read again; nothing means at once.
  [[nodiscard]] std::optional<base::SteadyTime> next_read(std::size_t bytes, bool is_followed,
                                                          base::SteadyTime now) const;

 private:
  base::SteadyTime began_;
};

}  // namespace vela::hub
