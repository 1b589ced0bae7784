#include <unistd.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/async/task_group.hpp"
#include "core/process/supervisor.hpp"
#include "core/process/watchdog.hpp"
#include "support/await.hpp"
#include "support/supervisor_socket.hpp"
#include "support/temp_dir.hpp"

// What is said to a service manager, over a real socket; and what it says by variables.
namespace vela::process {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using test::SupervisorSocket;

constexpr pid_t kPid = 4711;

using Variables = std::map<std::string, std::string>;

FindEnv env_of(const Variables& variables) {
  return [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

std::string text_of(const Result<std::vector<PassedSocket>>& sockets) {
  return sockets ? "no error" : sockets.error().text();
}

}  // namespace

TEST_CASE("sockets are passed from descriptor 3 on, to the process that they are meant for") {
  const Variables variables{
      {"LISTEN_FDS", "2"}, {"LISTEN_PID", "4711"}, {"LISTEN_FDNAMES", "web:local"}};
  const auto sockets = find_passed_sockets(env_of(variables), kPid);
  REQUIRE(sockets.has_value());
  REQUIRE(sockets->size() == 2);
  CHECK((*sockets)[0].fd == 3);
  CHECK((*sockets)[0].name == "web");
  CHECK((*sockets)[1].fd == 4);
  CHECK((*sockets)[1].name == "local");
  CHECK(find_passed_sockets(env_of(variables), kPid + 1)->empty());
  CHECK(find_passed_sockets(env_of({}), kPid)->empty());
}

TEST_CASE("variables about sockets that contradict themselves are an error, not a guess") {
  const auto find = [](const char* count, const char* names) {
    const Variables variables{
        {"LISTEN_FDS", count}, {"LISTEN_PID", "4711"}, {"LISTEN_FDNAMES", names}};
    return find_passed_sockets(env_of(variables), kPid);
  };
  CHECK(text_of(find("some", "")).find("LISTEN_FDS: 'some'") == 0);
  CHECK(text_of(find("-1", "")).find("LISTEN_FDS: '-1'") == 0);
  CHECK(text_of(find("99999999", "")).find("LISTEN_FDS") == 0);
  CHECK(text_of(find("2", "one")).find("names 1 sockets, and LISTEN_FDS says 2") !=
        std::string::npos);
  CHECK(find("0", "")->empty());
  CHECK(find("1", "")->front().name.empty());
}

TEST_CASE("the manager hears how the service is, by path and by abstract name") {
  const test::TempDir dir;
  for (const std::string& name :
       {dir / "notify", "@vela-logs-test-" + std::to_string(::getpid())}) {
    CAPTURE(name);
    SupervisorSocket socket(name);
    const Variables variables{{"NOTIFY_SOCKET", name}};
    Supervisor manager(env_of(variables), kPid);
    CHECK(manager.is_there());
    manager.say_ready("listening on\nhttp://127.0.0.1:1");
    CHECK(socket.receive() == "READY=1\nSTATUS=listening on http://127.0.0.1:1");
    manager.say_reloading();
    CHECK(socket.receive().find("RELOADING=1\nMONOTONIC_USEC=") == 0);
    manager.say_stopping("shutting down", 66s);
    CHECK(socket.receive() == "STOPPING=1\nSTATUS=shutting down\nEXTEND_TIMEOUT_USEC=66000000");
  }
}

TEST_CASE("without a manager, or with one that is gone, the service goes on") {
  Supervisor none(env_of({}), kPid);
  CHECK_FALSE(none.is_there());
  CHECK_FALSE(none.watchdog().has_value());
  none.say_ready("listening");
  const Variables gone{{"NOTIFY_SOCKET", "/nowhere/at/all"}};
  Supervisor manager(env_of(gone), kPid);
  CHECK(manager.is_there());
  manager.say_ready("listening");
  manager.say_stopping("", 1s);
  for (const std::string& wrong :
       {std::string("notify"), std::string("/"), std::string(200, '/')}) {
    const Variables variables{{"NOTIFY_SOCKET", wrong}};
    CHECK_FALSE(Supervisor(env_of(variables), kPid).is_there());
  }
}

TEST_CASE("a watchdog is fed when it is meant for this process and somebody listens") {
  const auto watchdog = [](Variables variables) {
    return Supervisor(env_of(variables), kPid).watchdog();
  };
  const Variables all{
      {"NOTIFY_SOCKET", "@x"}, {"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "4711"}};
  CHECK(watchdog(all) == 30s);
  CHECK(watchdog({{"NOTIFY_SOCKET", "@x"}, {"WATCHDOG_USEC", "500000"}}) == 500ms);
  Variables other = all;
  other["WATCHDOG_PID"] = "4712";
  CHECK_FALSE(watchdog(other).has_value());
  for (const char* wrong : {"0", "-1", "soon", "30s"}) {
    Variables bad = all;
    bad["WATCHDOG_USEC"] = wrong;
    CHECK_FALSE(watchdog(bad).has_value());
  }
  CHECK_FALSE(watchdog({{"WATCHDOG_USEC", "30000000"}}).has_value());
}

TEST_CASE("work that stands still for as long as the watchdog waits keeps the sign of life back") {
  WatchdogPlan plan(10s);
  CHECK(plan.pause() == 5s);
  CHECK(plan.next(Pulse(0s, "")) == "WATCHDOG=1");
  CHECK(plan.next(Pulse(9'999ms, "listening")) == "WATCHDOG=1\nSTATUS=listening");
  CHECK_FALSE(plan.is_stuck());
  CHECK(plan.next(Pulse(10s, "the store does not answer")) == "STATUS=the store does not answer");
  CHECK(plan.is_stuck());
  CHECK(plan.next(Pulse(15s, "the store does not answer")).empty());
  CHECK(plan.next(Pulse(0s, "listening")) == "WATCHDOG=1\nSTATUS=listening");
  CHECK_FALSE(plan.is_stuck());
}

TEST_CASE("signs of life come by themselves until the watchdog is stopped") {
  const test::TempDir dir;
  SupervisorSocket socket(dir / "notify");
  const Variables variables{{"NOTIFY_SOCKET", dir / "notify"}, {"WATCHDOG_USEC", "2000"}};
  Supervisor manager(env_of(variables), kPid);
  boost::asio::io_context loop;
  async::TaskGroup tasks(loop.get_executor());
  int pulses = 0;
  std::function<void()> stop;
  Watchdog watchdog(loop.get_executor(), manager, [&] {
    if (++pulses == 4) stop();
    return Pulse(pulses == 2 ? 1s : 0s, "");
  });
  stop = [&watchdog] { watchdog.stop(); };
  tasks.spawn("watchdog", watchdog.run());
  CHECK(test::await_on(loop, tasks.join(test::kWaitCap)));
  CHECK(pulses == 4);
  for (int i = 0; i < 3; ++i) CHECK(socket.receive() == "WATCHDOG=1");
  CHECK_FALSE(socket.has_more());
}

}  // namespace vela::process
