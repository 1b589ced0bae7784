#pragma once

#include <list>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/clock.hpp"

namespace vela::async {

// Lets coroutines wait for a change of something that they then look at themselves: a wake-up
// carries no value and may come without a change.
//
// Executor: all calls on the thread of `executor`. A waiter looks first and waits next without
//           suspending between the two, so no change is missed.
// Lifetime: outlives its waiters.
class Notifier {
 public:
  explicit Notifier(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void notify_all();

  [[nodiscard]] bool has_waiters() const { return !waiters_.empty(); }

  // Ends at the next notify_all(), at `until`, or when the coroutine is cancelled. True when
  // notified.
  [[nodiscard]] Awaitable<bool> wait_until(base::SteadyTime until);
  // The same without a limit of its own, for a wait that shutdown ends by a notification.
  [[nodiscard]] Awaitable<bool> wait();

 private:
  struct Waiter {
    asio::steady_timer timer;
    bool is_notified = false;
  };

  asio::any_io_executor executor_;
  std::list<Waiter> waiters_;
};

}  // namespace vela::async
