#include "core/async/task_group.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/async/notifier.hpp"
#include "core/base/logging.hpp"
#include "support/await.hpp"

namespace vela::async {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using test::await_on;

// Waits for `gate` and notes its name at the end, however that comes.
Awaitable<void> pass(Notifier& gate, std::string name, std::vector<std::string>& ended) {
  static_cast<void>(co_await gate.wait());
  ended.push_back(name);
}

template <class Failure>
Awaitable<void> fail(Failure failure) {
  throw failure;
  co_return;
}

TEST_CASE("a group knows its tasks by name and is joined when all have ended") {
  asio::io_context loop;
  Notifier gate(loop.get_executor());
  std::vector<std::string> ended;
  TaskGroup group(loop.get_executor());
  group.spawn("first", pass(gate, "first", ended));
  group.spawn("second", pass(gate, "second", ended));
  loop.poll();
  CHECK(group.size() == 2);
  CHECK(group.names() == std::vector<std::string>{"first", "second"});

  gate.notify_all();
  CHECK(await_on(loop, group.join(10s)));
  CHECK(group.size() == 0);
  CHECK(ended == std::vector<std::string>{"first", "second"});
}

TEST_CASE("joining an empty group takes no time") {
  asio::io_context loop;
  TaskGroup group(loop.get_executor());
  CHECK(await_on(loop, group.join(0ms)));
}

TEST_CASE("joining stops at its limit and the tasks that are left can be named") {
  asio::io_context loop;
  Notifier gate(loop.get_executor());
  std::vector<std::string> ended;
  TaskGroup group(loop.get_executor());
  group.spawn("stubborn", pass(gate, "stubborn", ended));
  CHECK_FALSE(await_on(loop, group.join(1ms)));
  CHECK(group.names() == std::vector<std::string>{"stubborn"});

  gate.notify_all();
  CHECK(await_on(loop, group.join(10s)));
}

TEST_CASE("cancelling a group ends what every task awaits") {
  asio::io_context loop;
  Notifier gate(loop.get_executor());
  std::vector<std::string> ended;
  TaskGroup group(loop.get_executor());
  group.cancel();  // nobody there
  group.spawn("first", pass(gate, "first", ended));
  group.spawn("second", pass(gate, "second", ended));
  loop.poll();
  group.cancel();
  CHECK(await_on(loop, group.join(10s)));
  CHECK(ended.size() == 2);
}

TEST_CASE("a task that fails ends alone, whatever it throws") {
  asio::io_context loop;
  Notifier gate(loop.get_executor());
  std::vector<std::string> ended;
  TaskGroup group(loop.get_executor());
  group.spawn("good", pass(gate, "good", ended));
  spdlog::set_level(spdlog::level::off);
  group.spawn("bad", fail(std::runtime_error("a test's own failure")));
  group.spawn("odd", fail(7));
  loop.poll();
  spdlog::set_level(spdlog::level::info);
  CHECK(group.names() == std::vector<std::string>{"good"});

  gate.notify_all();
  CHECK(await_on(loop, group.join(10s)));
}

}  // namespace
}  // namespace vela::async
