#include "core/async/notifier.hpp"

#include <chrono>
#include <exception>
#include <optional>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/base/clock.hpp"

namespace vela::async {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

// One wait in the background of a loop and what it returned.
class Waiting {
 public:
  Waiting(asio::io_context& loop, Awaitable<bool> wait) {
    const auto on_end = [this](const std::exception_ptr& failure, bool was_notified) {
      if (!failure) was_notified_ = was_notified;
    };
    asio::co_spawn(loop, std::move(wait), asio::bind_cancellation_slot(cancel_.slot(), on_end));
    poll(loop);
  }
  static void poll(asio::io_context& loop) {
    loop.restart();
    loop.poll();
  }
  void cancel() { cancel_.emit(asio::cancellation_type::terminal); }
  [[nodiscard]] std::optional<bool> was_notified() const { return was_notified_; }

 private:
  asio::cancellation_signal cancel_;
  std::optional<bool> was_notified_;
};

TEST_CASE("a notification wakes everybody who waits") {
  asio::io_context loop;
  Notifier notifier(loop.get_executor());
  CHECK_FALSE(notifier.has_waiters());
  const Waiting first(loop, notifier.wait());
  const Waiting second(loop, notifier.wait_until(base::steady_now() + 1h));
  CHECK(notifier.has_waiters());
  CHECK_FALSE(first.was_notified());

  notifier.notify_all();
  Waiting::poll(loop);
  CHECK(first.was_notified() == true);
  CHECK(second.was_notified() == true);
  CHECK_FALSE(notifier.has_waiters());
}

TEST_CASE("a notification that nobody waits for is not kept") {
  asio::io_context loop;
  Notifier notifier(loop.get_executor());
  notifier.notify_all();
  const Waiting waiting(loop, notifier.wait());
  CHECK_FALSE(waiting.was_notified());
  notifier.notify_all();
  Waiting::poll(loop);
  CHECK(waiting.was_notified() == true);
}

TEST_CASE("a wait ends at its limit without a notification") {
  asio::io_context loop;
  Notifier notifier(loop.get_executor());
  const Waiting late(loop, notifier.wait_until(base::steady_now() - 1ms));
  CHECK(late.was_notified() == false);

  const Waiting waiting(loop, notifier.wait_until(base::steady_now() + 1ms));
  CHECK_FALSE(waiting.was_notified());
  loop.restart();
  loop.run();
  CHECK(waiting.was_notified() == false);
  CHECK_FALSE(notifier.has_waiters());
}

TEST_CASE("a wait that is cancelled ends and leaves nothing behind") {
  asio::io_context loop;
  Notifier notifier(loop.get_executor());
  Waiting waiting(loop, notifier.wait());
  waiting.cancel();
  Waiting::poll(loop);
  CHECK(waiting.was_notified() == false);
  CHECK_FALSE(notifier.has_waiters());
}

}  // namespace
}  // namespace vela::async
