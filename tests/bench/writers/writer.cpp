#include "bench/writers/writer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

namespace vela::bench {

async::Awaitable<void> sleep_until(std::chrono::steady_clock::time_point until) {
  if (until <= std::chrono::steady_clock::now()) co_return;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, until);
  static_cast<void>(co_await timer.async_wait(async::kUse));
}

}  // namespace vela::bench
