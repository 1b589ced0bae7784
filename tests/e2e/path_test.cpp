// How the output gets to the server, and what stands in between.
#include <csignal>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_relay.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";
const std::string kStream = "output goes down a stream";
const std::string kAppends = "output goes in short appends for 10 minutes";

// Prints a line now and then until it is told to end.
const std::string kTicks =
    "exec 2>/dev/null; trap 'exit 0' TERM; "
    "i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.05; done";

std::vector<std::string> step_arguments(int port, std::vector<std::string> more) {
  std::vector<std::string> arguments{"run-step", "--server",
                                     "http://127.0.0.1:" + std::to_string(port), "--log", kLog};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string answer(const std::string& status, const std::string& body,
                   const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

HttpReply stored(const Server& server) { return server.build("GET", "/steps/1/logs"); }

// Lets a step tick until it has said `words`, then ends it.
Finished tick_until_said(const Server& server, int port, const std::string& words) {
  Program step(
      ProgramSetup(step_arguments(port, {"--method", "auto", "-v", "--", "sh", "-c", kTicks})));
  CHECK(eventually([&] { return step.has_said(words); }));
  const std::string last = "tick 20\n";
  CHECK(eventually([&] { return stored(server).body.find(last) != std::string::npos; }));
  step.signal(SIGTERM);
  return step.wait();
}

}  // namespace

TEST_CASE("--method auto begins with appends and goes over to a stream where nothing is between") {
  const Server server;
  const Finished step = tick_until_said(server, server.port(), kStream);
  CHECK(step.code == 0);
  CHECK(step.err.find("output begins in short appends") < step.err.find(kStream));
  CHECK(step.err.find(kAppends) == std::string::npos);
  CHECK(stored(server).body == step.out);
  CHECK(stored(server).header("vela-logs-complete") == "true");
}

TEST_CASE("--method auto stays with appends where a proxy holds request bodies back") {
  const Server server;
  const HttpRelay relay(server.port());
  const Finished step = tick_until_said(server, relay.port(), kAppends);
  CHECK(step.code == 0);
  CHECK(step.err.find(kStream) == std::string::npos);
  CHECK(stored(server).body == step.out);
  CHECK(stored(server).header("vela-logs-complete") == "true");
}

TEST_CASE("connections that die while they are kept alive cost a retry and never a byte") {
  for (const std::string method : {"append", "stream", "websocket", "auto"}) {
    CAPTURE(method);
    const Server server;
    int left_unanswered = 0;
    const HttpRelay relay(server.port(), [&left_unanswered](const std::string&, int nth) {
      if (nth == 1) return std::optional<std::string>();
      ++left_unanswered;
      return std::optional<std::string>("");
    });
    const Finished step = run(step_arguments(
        relay.port(), {"--method", method, "--", "sh", "-c",
                       "for i in 1 2 3 4 5 6 7 8; do seq $i 50 5000; sleep 0.1; done"}));
    CHECK(step.code == 0);
    CHECK(step.err.empty());
    CHECK(left_unanswered > 0);
    CHECK(stored(server).body == step.out);
    CHECK(stored(server).header("vela-logs-complete") == "true");
  }
}

TEST_CASE("what a proxy says of its own costs a retry and never a byte") {
  const std::vector<std::string> answers{
      answer("200 OK", "<html>welcome</html>"),
      answer("200 OK", ""),
      answer("502 Bad Gateway", "<html>bad gateway</html>"),
      answer("400 Bad Request", "<html>bad request</html>"),
      answer("503 Service Unavailable", "", "Retry-After: 0\r\n"),
      answer("204 No Content", "")};
  for (const std::string method : {"append", "stream", "websocket", "auto"}) {
    CAPTURE(method);
    const Server server;
    std::size_t requests = 0;
    const HttpRelay relay(server.port(), [&](const std::string& request, int) {
      std::optional<std::string> own;
      if (request.size() > 100'000) {
        own = answer("413 Content Too Large", "<html>too large</html>");
      } else if (++requests % 3 == 0) {
        own = answers[requests / 3 % answers.size()];
      }
      return own;
    });
    const Finished step = run(step_arguments(
        relay.port(), {"--method", method, "--", "sh", "-c",
                       "for i in 1 2 3 4 5 6 7 8; do seq 1 20000; sleep 0.1; done"}));
    CHECK(step.code == 0);
    CHECK(step.err.empty());
    CHECK(requests > 6);
    CHECK(stored(server).body == step.out);
    CHECK(stored(server).header("vela-logs-complete") == "true");
  }
}

TEST_CASE("a token that was renewed meanwhile is read again, and the step never notices") {
  const Server server;
  const TempDir dir;
  const std::string file = dir / "token";
  const auto renew = [&file](const std::string& token) { std::ofstream(file) << token << '\n'; };
  renew("old");
  bool was_refused = false;
  const HttpRelay relay(server.port(), [&](const std::string& request, int) {
    std::optional<std::string> own;
    if (request.find("\r\nAuthorization: Bearer new\r\n") != std::string::npos) return own;
    was_refused = request.find("\r\nAuthorization: Bearer old\r\n") != std::string::npos;
    renew("new");
    own = answer("401 Unauthorized", "");
    return own;
  });
  const Finished step =
      run(step_arguments(relay.port(), {"--token-file", file, "--", "echo", "hello"}));
  CHECK(step.code == 0);
  CHECK(step.err.empty());
  CHECK(was_refused);
  CHECK(stored(server).body == "hello\n");
}

TEST_CASE("a log of a build that somebody follows is followed from its first byte") {
  const Server server;
  const Program tail(ProgramSetup({"tail", "--server", server.url(), "octocat/hello/42"}));
  int step = 0;
  CHECK(eventually([&] {
    const std::string path = "/steps/" + std::to_string(++step) + "/logs?offset=0";
    const HttpReply ack = server.build("PATCH", path, ".");
    return ack.body.find("\"interval_ms\":0,") != std::string::npos;
  }));
}

TEST_CASE("a writer of appends is asked to hurry while somebody follows, and not before or after") {
  const Server server;
  int sent = 0;  // a reader that is gone is noticed when something is written to it
  const auto interval_is = [&server, &sent](const std::string& milliseconds) {
    const std::string field = "\"interval_ms\":" + milliseconds + ",";
    const HttpReply ack = server.build("PATCH", "/steps/1/logs?offset=" + std::to_string(sent++),
                                       ".", {"Vela-Logs-Writer: " + std::string(32, 'a')});
    return ack.body.find(field) != std::string::npos;
  };
  CHECK(interval_is("1000"));
  for (const std::string& followed : {kLog, std::string("octocat/hello/42")}) {
    CAPTURE(followed);
    {
      const Program tail(ProgramSetup({"tail", "--server", server.url(), followed}));
      CHECK(eventually([&] { return interval_is("0"); }));
    }
    CHECK(eventually([&] { return interval_is("1000"); }));
  }
}
