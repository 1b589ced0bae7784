#include "core/async/run_blocking.hpp"

#include <memory>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "support/await.hpp"

namespace vela::async {
namespace {

using test::await_on;

struct Threads {
  std::thread::id before;
  std::thread::id job;
  std::thread::id after;
};

Awaitable<Threads> note_threads(asio::thread_pool& pool) {
  Threads threads;
  threads.before = std::this_thread::get_id();
  const auto job = [] { return std::this_thread::get_id(); };
  threads.job = co_await run_blocking(pool, job);
  threads.after = std::this_thread::get_id();
  co_return threads;
}

TEST_CASE("the job runs on the pool and its caller goes on where it was") {
  asio::io_context loop;
  asio::thread_pool pool(1);
  const Threads threads = await_on(loop, note_threads(pool));
  CHECK(threads.before == std::this_thread::get_id());
  CHECK(threads.job != threads.before);
  CHECK(threads.after == threads.before);
}

Awaitable<std::unique_ptr<std::string>> run_with_moved_parts(asio::thread_pool& pool) {
  auto part = std::make_unique<std::string>("moved");
  auto job = [part = std::move(part)]() mutable { return std::move(part); };
  co_return co_await run_blocking(pool, std::move(job));
}

TEST_CASE("a job and what it returns need only be movable") {
  asio::io_context loop;
  asio::thread_pool pool(1);
  CHECK(*await_on(loop, run_with_moved_parts(pool)) == "moved");
}

Awaitable<Result<int>> run_failing(asio::thread_pool& pool) {
  const auto job = []() -> Result<int> {
    return Error(ErrorCode::unavailable, "the disk is full");
  };
  co_return co_await run_blocking(pool, job);
}

TEST_CASE("a job reports failure through its result") {
  asio::io_context loop;
  asio::thread_pool pool(1);
  const Result<int> result = await_on(loop, run_failing(pool));
  REQUIRE(result.has_error());
  CHECK(result.error().text() == "the disk is full");
}

Awaitable<int> add_up(asio::thread_pool& pool) {
  int sum = 0;
  for (int i = 0; i < 100; ++i) {
    const auto job = [i] { return i; };
    sum += co_await run_blocking(pool, job);
  }
  co_return sum;
}

TEST_CASE("jobs one after the other come back in order") {
  asio::io_context loop;
  asio::thread_pool pool(2);
  CHECK(await_on(loop, add_up(pool)) == 4950);
}

}  // namespace
}  // namespace vela::async
