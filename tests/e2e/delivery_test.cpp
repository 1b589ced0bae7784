// A step's output through run-step, serve and back: byte for byte, with how it ended.
#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "support/program.hpp"
#include "support/server.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";

Finished run_step(const Server& server, std::vector<std::string> more, std::string input = {}) {
  std::vector<std::string> arguments{"run-step", "--server", server.url(), "--log", kLog};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, std::move(input));
}

HttpReply stored(const Server& server) { return server.build("GET", "/steps/1/logs"); }

std::string noise(std::size_t bytes) {
  std::string text;
  text.reserve(bytes);
  unsigned value = 7;
  for (std::size_t i = 0; i < bytes; ++i) {
    value = value * 1664525 + 1013904223;
    text.push_back(static_cast<char>(value >> 24));
  }
  return text;
}

std::string digest_of(const std::string& bytes) {
  vela::base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

}  // namespace

TEST_CASE("what a command prints is passed through, stored, and sealed with its digest") {
  const Server server;
  const Finished step =
      run_step(server, {"--name", "greet", "--", "sh", "-c", "echo out; sleep 0.1; echo err >&2"});
  CHECK(step.code == 0);
  CHECK(step.out == "out\n");
  CHECK(step.err == "err\n");
  const HttpReply log = stored(server);
  CHECK(log.status == 200);
  CHECK(log.body == "out\nerr\n");
  CHECK(log.header("vela-logs-state") == "sealed");
  CHECK(log.header("vela-logs-complete") == "true");
  CHECK(log.header("vela-logs-length") == "8");
  CHECK(log.header("vela-logs-sha256") == digest_of("out\nerr\n"));
  CHECK(log.header("vela-logs-status") == "success");
  CHECK(log.header("vela-logs-exit-code") == "0");
  const std::string events =
      server.build("GET", "/steps/1/events", "", {"Accept: text/event-stream"}).body;
  CHECK(events.find(R"("stream":"stdout","text":"out\n")") != std::string::npos);
  CHECK(events.find(R"("stream":"stderr","text":"err\n")") != std::string::npos);
  CHECK(events.find(R"("name":"greet")") != std::string::npos);
  CHECK(events.find("event: end") != std::string::npos);
}

TEST_CASE("a million lines come back byte for byte, by every method and every way of reading") {
  for (const std::string method : {"auto", "stream", "websocket", "append"}) {
    CAPTURE(method);
    const Server server;
    const Finished step = run_step(server, {"--method", method, "--", "seq", "1", "1000000"});
    CHECK(step.code == 0);
    const std::string log = stored(server).body;
    CHECK(log == step.out);
    CHECK(run({"tail", "--server", server.url(), "--raw", kLog}).out == step.out);
    CHECK(run({"tail", "--server", server.url(), kLog}).out == step.out);
  }
}

TEST_CASE("bytes that are no text come back as they were") {
  const Server server;
  const std::string bytes = noise(20'000'000);
  CHECK(run_step(server, {"--quiet"}, bytes).code == 0);
  CHECK(stored(server).body == bytes);
  const Finished tail = run({"tail", "--server", server.url(), "--raw", kLog});
  CHECK(tail.code == 0);
  CHECK(tail.out == bytes);
}

TEST_CASE("NUL and invalid UTF-8 are stored as they were, and events stay valid UTF-8") {
  const Server server;
  const std::string bytes("a\0b\xff\xc3\xa9\n", 7);
  CHECK(run_step(server, {}, bytes).out == bytes);
  CHECK(stored(server).body == bytes);
  const std::string events = server.build("GET", "/steps/1/events").body;
  CHECK(events.find("\"text\":\"a\\u0000b\xef\xbf\xbd\xc3\xa9\\n\"") != std::string::npos);
  const std::string frames =
      server.build("GET", "/steps/1/events", "", {"Accept: application/vnd.vela-logs.frames"}).body;
  CHECK(frames.find(bytes) != std::string::npos);
}

TEST_CASE("100 MB without a line end is stored and read back by a bounded reader") {
  const Server server;
  const std::string script = "head -c 100000000 /dev/zero | tr '\\0' x";
  CHECK(run_step(server, {"--quiet", "--", "sh", "-c", script}).code == 0);
  const std::string bytes(100'000'000, 'x');
  CHECK(stored(server).body == bytes);
  const Finished tail = run({"tail", "--server", server.url(), kLog});
  CHECK(tail.code == 0);
  CHECK(tail.out.size() == bytes.size());
}

TEST_CASE("run-step exits as the command does and the log says how") {
  struct Case {
    std::vector<std::string> command;
    int code;
    std::string status;
  };
  for (const Case& way :
       {Case{{"sh", "-c", "exit 3"}, 3, "failure"},
        Case{{"sh", "-c", "kill -9 $$"}, 128 + SIGKILL, "killed"},
        Case{{"no-such-command"}, 127, "error"}, Case{{"/etc/passwd"}, 126, "error"}}) {
    CAPTURE(way.command.front());
    const Server server;
    std::vector<std::string> arguments{"--"};
    arguments.insert(arguments.end(), way.command.begin(), way.command.end());
    CHECK(run_step(server, arguments).code == way.code);
    const HttpReply log = stored(server);
    CHECK(log.header("vela-logs-state") == "sealed");
    CHECK(log.header("vela-logs-status") == way.status);
    CHECK(log.header("vela-logs-exit-code") == std::to_string(way.code));
    if (way.code == 127) CHECK(log.body.find("no-such-command") != std::string::npos);
    const Finished tail = run({"tail", "--server", server.url(), "--exit-status", kLog});
    CHECK(tail.code == way.code);
  }
}

TEST_CASE("a signal reaches the command's whole group and the step is canceled") {
  const Server server;
  ProgramSetup setup({"run-step", "--server", server.url(), "--log", kLog, "--", "sh", "-c",
                      "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done"});
  Program step(std::move(setup));
  REQUIRE(eventually([&] { return stored(server).body == "ready\n"; }));
  step.signal(SIGTERM);
  const Finished finished = step.wait();
  CHECK(finished.code == 5);
  CHECK(stored(server).body.ends_with("bye\n"));
  CHECK(stored(server).header("vela-logs-status") == "canceled");
  CHECK(stored(server).header("vela-logs-complete") == "true");
}

TEST_CASE("plain curl streams to the historic endpoint and may seal") {
  const Server server;
  const std::string head =
      " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  const HttpReply first =
      server.send_raw("POST " + kBuildPath + "/steps/1/stream" + head + "4\r\none\n\r\n0\r\n\r\n");
  CHECK(first.status == 204);
  const HttpReply second = server.send_raw("POST " + kBuildPath + "/steps/1/stream?final=1" + head +
                                           "4\r\ntwo\n\r\n0\r\n\r\n");
  CHECK(second.status == 204);
  const HttpReply log = stored(server);
  CHECK(log.body == "one\ntwo\n");
  CHECK(log.header("vela-logs-state") == "sealed");
  // Nobody vouched for it.
  CHECK(log.header("vela-logs-complete") == "false");
}

TEST_CASE("--quiet passes nothing through and --end-build closes the build") {
  const Server server;
  const Finished step = run_step(server, {"--quiet", "--end-build", "--", "echo", "hi"});
  CHECK(step.code == 0);
  CHECK(step.out.empty());
  const Finished tail = run({"tail", "--server", server.url(), "octocat/hello/42"});
  CHECK(tail.code == 0);
  CHECK(tail.out.find("hi\n") != std::string::npos);
}

TEST_CASE("byte chunks leave when there is enough and time chunks when it is time, all in order") {
  const std::string line(499, 'x');
  const std::string command =
      "for i in 1 2 3 4 5 6 7 8 9 10; do echo " + line + "; sleep 0.1; done";
  std::string all;
  for (int i = 0; i < 10; ++i) all += line + "\n";
  struct Case {
    std::vector<std::string> flags;
    int least;  // acknowledgements: of the announcement, the chunks, and the seal with the rest
    int most;
  };
  // 1500 bytes are the first that are more than 1000; a busy machine reads more lines at once.
  const std::vector<Case> cases{
      {{"--method", "byte-chunks"}, 3, 5},
      {{"--method", "byte-chunks", "--flush-bytes", "256KiB"}, 2, 2},
      {{"--method", "time-chunks", "--flush-interval", "1m"}, 2, 2},
  };
  for (const Case& one : cases) {
    const Server server;
    std::vector<std::string> arguments = one.flags;
    arguments.insert(arguments.end(), {"-v", "--", "sh", "-c", command});
    const Finished step = run_step(server, arguments);
    CAPTURE(step.err);
    CHECK(step.code == 0);
    const int acknowledgements = std::stoi(step.err.substr(step.err.find(" bytes, ") + 8));
    CHECK(acknowledgements >= one.least);
    CHECK(acknowledgements <= one.most);
    const HttpReply log = stored(server);
    CHECK(log.body == all);
    CHECK(log.header("vela-logs-complete") == "true");
  }
}
