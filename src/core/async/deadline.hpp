#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "core/base/clock.hpp"

namespace vela::async {

// A time limit that moves often and fires seldom: moving it costs one store, the timer is re-armed
// only when it fires early. Boost 1.81 has no asio::cancel_after.
//
// Executor: all calls on the thread of `executor`; `on_expired` runs there, at most once per set().
// Lifetime: after destruction `on_expired` is not called.
class Deadline {
 public:
  // `on_expired` ends the operation that is limited, for example by socket.cancel().
  Deadline(const boost::asio::any_io_executor& executor, std::function<void()> on_expired);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // The limit is `after` from now; replaces the one before.
  void set(std::chrono::milliseconds after);
  // No limit until the next set().
  void clear();
  // Whether the limit has passed since the last set() or clear().
  [[nodiscard]] bool has_expired() const;

 private:
  struct State;
  // Owned by this and by the timer's pending handler.
  std::shared_ptr<State> state_;
};

}  // namespace vela::async
