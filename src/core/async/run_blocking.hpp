#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/async/awaitable.hpp"

namespace vela::async {

// Runs `job` on a thread of `pool` and goes on, on the coroutine's own executor, with what it
// returned. A job that has begun is not interrupted by cancellation.
//
// Errors: `job` reports through its Result; it must not throw.
template <class Job>
[[nodiscard]] Awaitable<std::invoke_result_t<Job>> run_blocking(asio::thread_pool& pool, Job job) {
  using Value = std::invoke_result_t<Job>;
  auto executor = co_await asio::this_coro::executor;
  auto start = [&pool, executor, job = std::move(job)](auto handler) mutable {
    // std::function-like storage needs copies; a shared pointer to the move-only handler does not.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    asio::post(pool, [executor, shared, job = std::move(job)]() mutable {
      auto value = std::make_shared<Value>(job());
      asio::post(executor, [shared, value]() mutable { std::move (*shared)(std::move(*value)); });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Value)>(
      std::move(start), asio::use_awaitable);
}

}  // namespace vela::async
