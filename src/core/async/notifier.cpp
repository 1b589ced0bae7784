#include "core/async/notifier.hpp"

namespace vela::async {

void Notifier::notify_all() {
  for (Waiter& waiter : waiters_) {
    waiter.is_notified = true;
    waiter.timer.cancel();
  }
}

Awaitable<bool> Notifier::wait_until(base::SteadyTime until) {
  const auto waiter = waiters_.insert(waiters_.end(), Waiter{asio::steady_timer(executor_, until)});
  // Taken out on every way out, an exception of the await included.
  struct Leave {
    std::list<Waiter>& waiters;
    std::list<Waiter>::iterator waiter;
    ~Leave() { waiters.erase(waiter); }
  };
  const Leave leave{waiters_, waiter};
  const auto [ec] = co_await waiter->timer.async_wait(kUse);
  static_cast<void>(ec);
  co_return waiter->is_notified;
}

Awaitable<bool> Notifier::wait() { return wait_until(base::SteadyTime::max()); }

}  // namespace vela::async
