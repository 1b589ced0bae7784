// run-step --method websocket: byte for byte, whatever becomes of the socket, and by appends where
// none passes.
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/chaos_proxy.hpp"
#include "support/connect_proxy.hpp"
#include "support/http_relay.hpp"
#include "support/noise.hpp"
#include "support/program.hpp"
#include "support/server.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";
const std::string kSocket = "output goes down a WebSocket";
const std::string kAppends = "output goes in short appends for 10 minutes";

// Prints a line now and then until it is told to end.
const std::string kTicks =
    "exec 2>/dev/null; trap 'exit 0' TERM; "
    "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.02; done";

ProgramSetup step_setup(const std::string& url, std::vector<std::string> command) {
  ProgramSetup setup(
      {"run-step", "--server", url, "--log", kLog, "--method", "websocket", "-v", "--"});
  setup.arguments.insert(setup.arguments.end(), command.begin(), command.end());
  return setup;
}

HttpReply stored(const Server& server) { return server.build("GET", "/steps/1/logs"); }

bool has_more(const Server& server, std::size_t bytes) {
  return eventually([&] { return stored(server).body.size() > bytes; });
}

// Ends a step that ticks; its log must be there and whole.
std::string finish(const Server& server, Program& step) {
  step.signal(SIGTERM);
  const Finished finished = step.wait();
  CHECK(finished.code == 0);
  CHECK(stored(server).body == finished.out);
  CHECK(stored(server).header("vela-logs-complete") == "true");
  CAPTURE(finished.err);
  return finished.err;
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// Where an upgrade gets that answer (nothing: none), appends pass.
void check_fallback(const std::function<std::optional<std::string>()>& own) {
  const Server server;
  const HttpRelay relay(server.port(), [&own](const std::string& request, int) {
    if (!says(request, "Upgrade: websocket")) return std::optional<std::string>();
    return own();
  });
  Program step(
      step_setup("http://127.0.0.1:" + std::to_string(relay.port()), {"sh", "-c", kTicks}));
  CHECK(eventually([&step] { return step.has_said(kAppends); }));
  CHECK(has_more(server, stored(server).body.size()));
  const std::string said = finish(server, step);
  CHECK_FALSE(says(said, kSocket));
}

}  // namespace

TEST_CASE("random bytes come back as they were, by messages and not by appends") {
  const Server server;
  const std::string noise = noise_of(20'000'000, 1);
  ProgramSetup setup = step_setup(server.url(), {});
  setup.arguments.pop_back();
  setup.input = noise;
  Program step(std::move(setup));
  const Finished finished = step.wait();
  CHECK(finished.code == 0);
  CHECK(says(finished.err, kSocket));
  CHECK((stored(server).body == noise));
  CHECK(stored(server).header("vela-logs-complete") == "true");
}

TEST_CASE("a server that restarts while a step runs gets the rest down another socket") {
  for (const bool is_killed : {false, true}) {
    CAPTURE(is_killed);
    Server server;
    Program step(step_setup(server.url(), {"sh", "-c", kTicks}));
    for (int i = 0; i != 3; ++i) {
      // The socket has carried something that was acknowledged.
      const std::string durable = stored(server).header("vela-logs-durable");
      REQUIRE(eventually([&] { return stored(server).header("vela-logs-durable") != durable; }));
      if (is_killed) {
        server.kill9();
      } else {
        CHECK(server.terminate() == 0);
      }
      server.start();
    }
    REQUIRE(has_more(server, stored(server).body.size()));
    CHECK_FALSE(says(finish(server, step), kAppends));
  }
}

TEST_CASE("connections that are reset are opened again where the server is") {
  const Server server;
  ChaosProxy proxy(server.port());
  Program step(step_setup(proxy.url(), {"sh", "-c", kTicks}));
  for (int i = 0; i != 3; ++i) {
    REQUIRE(has_more(server, stored(server).body.size() + 100));
    proxy.reset_all();
  }
  REQUIRE(has_more(server, stored(server).body.size()));
  CHECK(says(finish(server, step), kSocket));
}

TEST_CASE("where an upgrade is refused, answered by a page, or cut, output goes in appends") {
  check_fallback([] { return "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nno\n"; });
  check_fallback([] { return "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nwelcome\n"; });
  check_fallback([] { return "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"; });
  check_fallback([] { return std::string(); });
}

TEST_CASE("where no answer to an upgrade comes within 2 s, output goes in appends") {
  const Server server;
  ChaosProxy proxy(server.port());
  Weather weather;
  weather.holds_responses = true;  // that of an upgrade has no end
  proxy.set(weather);
  Program step(step_setup(proxy.url(), {"sh", "-c", kTicks}));
  CHECK(eventually([&step] { return step.has_said(kAppends); }));
  CHECK(has_more(server, stored(server).body.size()));
  CHECK_FALSE(says(finish(server, step), kSocket));
}

TEST_CASE("the proxy of the environment is asked for a tunnel, and a burst is few messages") {
  const Server server;
  const ConnectProxy proxy(server.port());
  // The server is known to the proxy alone. The socket is open when the burst comes, and still is
  // when the output ends.
  ProgramSetup setup =
      step_setup("http://logs.example.com:8080", {"sh", "-c", "sleep 1; seq 1 100000; sleep 1"});
  setup.environment = {{"http_proxy", proxy.url()}};
  Program step(std::move(setup));
  const Finished finished = step.wait();
  CHECK(finished.code == 0);
  CHECK(says(finished.err, kSocket));
  CHECK(proxy.tunnels() == 1);
  CHECK(stored(server).body == finished.out);
  // A burst of lines is few messages, one of which is the seal.
  CHECK(proxy.frames() >= 2);
  CHECK(proxy.frames() < 1000);
}
