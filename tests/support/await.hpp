#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "core/async/awaitable.hpp"

namespace vela::test {

// What no wait of a test exceeds; reaching it is a failure.
inline constexpr std::chrono::seconds kWaitCap{20};

// Runs `loop` until `task` has ended and returns what it returned. Other work of the loop goes on
// meanwhile and stays where it is afterwards. Throws what the task throws, and at kWaitCap.
template <class T>
T await_on(boost::asio::io_context& loop, async::Awaitable<T> task) {
  std::exception_ptr failure;
  std::optional<T> value;
  bool has_ended = false;
  const auto on_end = [&](std::exception_ptr error, T result) {
    failure = std::move(error);
    if (!failure) value.emplace(std::move(result));
    has_ended = true;
  };
  boost::asio::co_spawn(loop, std::move(task), on_end);
  loop.restart();
  const auto until = std::chrono::steady_clock::now() + kWaitCap;
  while (!has_ended && loop.run_one_until(until) > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::runtime_error("the coroutine did not end in time");
  return std::move(*value);
}

}  // namespace vela::test
