// What ends while bytes are on their way: serve by SIGTERM or kill -9, the command by a signal.
#include <chrono>
#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "support/program.hpp"
#include "support/server.hpp"

using namespace vela::test;

namespace {

using std::chrono_literals::operator""s;

const std::string kLog = "octocat/hello/42/steps/1";

// About 8 MB over at least two seconds, so that it can be interrupted.
const std::string kLongScript =
    "i=0; while [ $i -lt 40 ]; do i=$((i+1)); seq $((i*100000)) $((i*100000+25000)); "
    "sleep 0.05; done";

ProgramSetup step(const Server& server, std::vector<std::string> more) {
  std::vector<std::string> arguments{"run-step", "--server", server.url(), "--log", kLog};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return ProgramSetup(std::move(arguments));
}

std::string digest_of(const std::string& bytes) {
  vela::base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

HttpReply head(const Server& server) { return server.build("HEAD", "/steps/1/logs"); }

std::size_t received(const Server& server) {
  const std::string offset = head(server).header("vela-logs-offset");
  return offset.empty() ? 0 : std::stoul(offset);
}

// Stops the server twice in the middle of a long step, by `stop`, and compares all bytes.
template <class Stop>
void check_that_nothing_is_lost(const std::string& method, Stop stop) {
  Server server;
  Program command(step(server, {"--method", method, "--", "sh", "-c", kLongScript}));
  for (const std::size_t reached : {500'000u, 3'000'000u}) {
    REQUIRE(eventually([&] { return received(server) >= reached; }));
    CHECK(head(server).header("vela-logs-state") == "running");
    stop(server);
    server.start();
  }
  const Finished finished = command.wait();
  CHECK(finished.code == 0);
  const HttpReply log = server.build("GET", "/steps/1/logs");
  CHECK(log.header("vela-logs-complete") == "true");
  CHECK(log.header("vela-logs-sha256") == digest_of(finished.out));
  CHECK(digest_of(log.body) == digest_of(finished.out));
  CHECK(log.body.size() == finished.out.size());
}

}  // namespace

TEST_CASE("SIGTERM of serve in mid-stream loses nothing, and serve exits 0") {
  for (const std::string method : {"auto", "stream", "websocket", "append"}) {
    CAPTURE(method);
    check_that_nothing_is_lost(method, [](Server& server) { CHECK(server.terminate() == 0); });
  }
}

TEST_CASE("kill -9 of serve in mid-stream loses nothing") {
  for (const std::string method : {"auto", "stream", "websocket", "append"}) {
    CAPTURE(method);
    check_that_nothing_is_lost(method, [](Server& server) { server.kill9(); });
  }
}

TEST_CASE("what serve called durable is there after kill -9") {
  Server server;
  const HttpReply reply = server.build("PATCH", "/steps/1/logs?offset=0&durable=5", "hello");
  CHECK(reply.status == 200);
  CHECK(reply.body.find(R"("offset":5,"durable":5)") != std::string::npos);
  server.kill9();
  server.start();
  const HttpReply log = server.build("GET", "/steps/1/logs");
  CHECK(log.body == "hello");
  CHECK(log.header("vela-logs-durable") == "5");
}

TEST_CASE("what SIGTERM finds received but not yet flushed is there afterwards") {
  Server server;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "hello").status == 200);
  CHECK(server.terminate() == 0);
  server.start();
  CHECK(server.build("GET", "/steps/1/logs").body == "hello");
}

TEST_CASE("a sealed log is the same log after kill -9") {
  Server server;
  Program command(step(server, {"--", "sh", "-c", "echo hello; exit 3"}));
  CHECK(command.wait().code == 3);
  server.kill9();
  server.start();
  const HttpReply log = server.build("GET", "/steps/1/logs");
  CHECK(log.body == "hello\n");
  CHECK(log.header("vela-logs-state") == "sealed");
  CHECK(log.header("vela-logs-complete") == "true");
  CHECK(log.header("vela-logs-sha256") == digest_of("hello\n"));
  CHECK(log.header("vela-logs-exit-code") == "3");
  CHECK(run({"tail", "--server", server.url(), "--exit-status", kLog}).code == 3);
}

TEST_CASE("serve ends on SIGTERM although followers and writers hold connections") {
  Server server;
  Program command(
      step(server, {"--quiet", "--", "sh", "-c", "echo ready; sleep 2; echo done; exit 3"}));
  REQUIRE(eventually([&] { return received(server) == 6; }));
  Program one(ProgramSetup({"tail", "--server", server.url(), "--exit-status", kLog}));
  Program build(ProgramSetup({"tail", "--server", server.url(), "octocat/hello/42"}));
  Program waiting(ProgramSetup({"tail", "--server", server.url(), "octocat/hello/42/services/1"}));
  REQUIRE(eventually([&] { return waiting.has_said("waiting for it"); }));
  const auto begun = std::chrono::steady_clock::now();
  CHECK(server.terminate() == 0);
  CHECK(std::chrono::steady_clock::now() - begun < 8s);
  server.start();
  CHECK(command.wait().code == 3);
  const Finished shown = one.wait();
  CHECK(shown.out == "ready\ndone\n");
  CHECK(shown.code == 3);
  CHECK(server.build("POST", "/end").status == 200);
  CHECK(build.wait().out.find("done\n") != std::string::npos);
  waiting.signal(SIGINT);
  CHECK(waiting.wait().code == 130);
}

TEST_CASE("a server that goes for good costs the log, not the command") {
  Server server;
  Program command(step(server, {"--drain-timeout", "300ms", "--", "sh", "-c",
                                "echo one; sleep 1; echo two; exit 6"}));
  REQUIRE(eventually([&] { return received(server) == 4; }));
  server.kill9();
  const Finished finished = command.wait();
  CHECK(finished.code == 6);
  CHECK(finished.out == "one\ntwo\n");
  CHECK(finished.err.find("not delivered") != std::string::npos);
}

TEST_CASE("SIGINT and SIGTERM reach the whole group of the command, and the step is canceled") {
  struct Way {
    int number;
    std::string name;
  };
  for (const Way& way : {Way{SIGINT, "INT"}, Way{SIGTERM, "TERM"}}) {
    CAPTURE(way.name);
    const Server server;
    // The outer shell's trap runs only once the inner one has ended: both must be told. What shells
    // say about their killed `sleep` is of no interest.
    const std::string inner =
        "trap \"echo inner; exit 1\" " + way.name + "; echo ready; while :; do sleep 0.05; done";
    const std::string outer = "exec 2>/dev/null; trap 'echo outer; exit 5' " + way.name +
                              "; sh -c '" + inner + "'; echo not reached";
    Program command(step(server, {"--", "sh", "-c", outer}));
    REQUIRE(eventually([&] { return received(server) == 6; }));
    command.signal(way.number);
    const Finished finished = command.wait();
    CHECK(finished.code == 5);
    CHECK(finished.out == "ready\ninner\nouter\n");
    const HttpReply log = server.build("GET", "/steps/1/logs");
    CHECK(log.body == finished.out);
    CHECK(log.header("vela-logs-status") == "canceled");
    CHECK(log.header("vela-logs-exit-code") == "5");
    CHECK(log.header("vela-logs-complete") == "true");
  }
}
