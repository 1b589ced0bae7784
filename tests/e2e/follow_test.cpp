// Reading while a step runs and after it: from the terminal and over HTTP.
#include <chrono>
#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "support/program.hpp"
#include "support/server.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";

void fill(const Server& server, const std::string& text) {
  const Finished step = run({"run-step", "--server", server.url(), "--log", kLog, "--quiet"}, text);
  REQUIRE(step.code == 0);
}

Finished tail(const Server& server, std::vector<std::string> more) {
  std::vector<std::string> arguments{"tail", "--server", server.url()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
    ++found;
  return found;
}

std::string numbered_lines(int last) {
  std::string text;
  for (int i = 1; i <= last; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

// Prints 150 lines over three seconds.
const std::string kSlowScript =
    "i=0; while [ $i -lt 150 ]; do i=$((i+1)); echo line $i; sleep 0.02; done";

}  // namespace

TEST_CASE("tail of a build shows two steps that run at once, each line with its step") {
  const Server server;
  Program follower(ProgramSetup({"tail", "--server", server.url(), "octocat/hello/42"}));
  const auto start = [&server](const std::string& number, const std::string& name) {
    return ProgramSetup({"run-step", "--server", server.url(), "--log",
                         "octocat/hello/42/steps/" + number, "--name", name, "--quiet", "--", "sh",
                         "-c", "for i in 1 2 3; do echo " + name + " $i; sleep 0.2; done"});
  };
  Program first(start("1", "build"));
  Program second(start("2", "check"));
  CHECK(first.wait().code == 0);
  CHECK(second.wait().code == 0);
  CHECK(server.build("POST", "/end").status == 200);
  const Finished shown = follower.wait();
  CAPTURE(shown.out);
  CHECK(shown.code == 0);
  CHECK(count(shown.out, "\n") == 6);
  for (const char* line :
       {"[build] build 1\n", "[build] build 3\n", "[check] check 1\n", "[check] check 3\n"})
    CHECK(shown.out.find(line) != std::string::npos);
}

TEST_CASE("a log that is not there yet is waited for") {
  const Server server;
  Program follower(ProgramSetup({"tail", "--server", server.url(), kLog}));
  REQUIRE(eventually([&] { return follower.has_said("waiting for it"); }));
  fill(server, "hello\n");
  const Finished shown = follower.wait();
  CHECK(shown.code == 0);
  CHECK(shown.out == "hello\n");
}

TEST_CASE("a follower that was there all the time loses and repeats nothing across restarts") {
  for (const bool is_killed : {true, false}) {
    CAPTURE(is_killed);
    Server server;
    Program follower(ProgramSetup({"tail", "--server", server.url(), kLog}));
    Program raw(ProgramSetup({"tail", "--server", server.url(), "--raw", kLog}));
    Program step(ProgramSetup({"run-step", "--server", server.url(), "--log", kLog, "--quiet", "--",
                               "sh", "-c", kSlowScript}));
    for (int lines : {20, 70}) {
      const std::string seen = "line " + std::to_string(lines) + "\n";
      REQUIRE(eventually([&] {
        return server.build("GET", "/steps/1/logs").body.find(seen) != std::string::npos;
      }));
      if (is_killed) {
        server.kill9();
      } else {
        CHECK(server.terminate() == 0);
      }
      server.start();
    }
    CHECK(step.wait().code == 0);
    const std::string expected = numbered_lines(150);
    CHECK(follower.wait().out == expected);
    CHECK(raw.wait().out == expected);
    const HttpReply log = server.build("GET", "/steps/1/logs");
    CHECK(log.body == expected);
    CHECK(log.header("vela-logs-complete") == "true");
  }
}

TEST_CASE("tail shows the last lines, with times in every form") {
  const Server server;
  fill(server, numbered_lines(100));
  CHECK(tail(server, {"-n", "2", kLog}).out == "line 99\nline 100\n");
  CHECK(tail(server, {"-n", "0", kLog}).out.empty());
  CHECK(tail(server, {"--no-follow", "-n", "all", kLog}).out == numbered_lines(100));
  for (const char* form : {"clock", "iso", "elapsed", "delta", "delay"}) {
    CAPTURE(form);
    const Finished shown = tail(server, {"-t", "--time-form", form, "-n", "1", kLog});
    CHECK(shown.code == 0);
    CHECK(shown.out.ends_with(" line 100\n"));
  }
}

TEST_CASE("escape sequences reach a pipe as they are unless colours are off") {
  const Server server;
  fill(server, "\x1b[31mred\x1b[0m\n");
  CHECK(tail(server, {kLog}).out == "\x1b[31mred\x1b[0m\n");
  CHECK(tail(server, {"--color", "never", kLog}).out == "red\n");
}

TEST_CASE("a reader resumes after the last event's id, and not after the end's") {
  const Server server;
  fill(server, "one\ntwo\n");
  const std::string rest = server.build("GET", "/steps/1/events", "", {"Last-Event-ID: 1-4"}).body;
  CHECK(rest.find(R"("offset":4)") != std::string::npos);
  CHECK(rest.find("one") == std::string::npos);
  CHECK(server.build("GET", "/steps/1/events", "", {"Last-Event-ID: 1-8-end"}).status == 204);
}

TEST_CASE("a reader of a build resumes after the last event's id, log by log") {
  const Server server;
  fill(server, "one\ntwo\n");
  CHECK(server.build("POST", "/services/2/stream?final=1", "ready\n").status == 204);
  CHECK(server.build("POST", "/end").status == 200);
  const std::string all = server.build("GET", "/events").body;
  CHECK(count(all, "event: log\n") == 2);
  CHECK(count(all, "event: end\n") == 2);
  CHECK(count(all, "event: build-end\n") == 1);
  CHECK(count(all, "id: s1:1-8-end,v2:1-6-end\n") == 1);
  const std::string rest =
      server.build("GET", "/events", "", {"Last-Event-ID: s1:1-8-end,v2:1-3"}).body;
  CHECK(count(rest, "event: log\n") == 1);
  CHECK(count(rest, R"("offset":3)") == 1);
  CHECK(count(rest, R"("text":"dy\n")") == 1);
}

TEST_CASE("closing a build cuts off no log that still runs: its lines come, then the end") {
  const Server server;
  const std::string writer = "Vela-Logs-Writer: 0123456789abcdef0123456789abcdef";
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "one\n", {writer}).status == 200);
  CHECK(server.build("POST", "/end").status == 200);
  Program follower(ProgramSetup({"tail", "--server", server.url(), "octocat/hello/42"}));
  // Writers are told when somebody follows.
  CHECK(eventually([&] {
    const HttpReply heard = server.build("PATCH", "/steps/1/logs?offset=4", "", {writer});
    return heard.body.find(R"("interval_ms":0)") != std::string::npos;
  }));
  vela::base::Sha256 digest;
  digest.update("one\ntwo\n");
  const std::string seal = "&final=1&length=8&sha256=" + digest.hex_digest();
  CHECK(server.build("PATCH", "/steps/1/logs?offset=4" + seal, "two\n", {writer}).status == 200);
  const Finished shown = follower.wait();
  CHECK(shown.code == 0);
  CHECK(count(shown.out, "one\n") == 1);
  CHECK(count(shown.out, "two\n") == 1);
}

TEST_CASE("a reader may take the stored bytes as frames, from where it wants") {
  const Server server;
  fill(server, "one\ntwo\n");
  const HttpReply reply = server.build("GET", "/steps/1/events?cursor=1-4", "",
                                       {"Accept: application/vnd.vela-logs.frames"});
  CHECK(reply.header("content-type") == "application/vnd.vela-logs.frames");
  CHECK(reply.header("x-accel-buffering") == "no");
  CHECK(reply.body.starts_with("\x01"));  // the format's version
  CHECK(reply.body.find("two\n") != std::string::npos);
  CHECK(reply.body.find("one\n") == std::string::npos);
  CHECK(reply.body.find(R"("event":"end")") != std::string::npos);
}

TEST_CASE("events may begin with the last lines") {
  const Server server;
  fill(server, numbered_lines(100));
  const std::string events = server.build("GET", "/steps/1/events?tail=1").body;
  CHECK(count(events, "event: log\n") == 1);
  CHECK(count(events, R"("text":"line 100\n")") == 1);
}

TEST_CASE(
    "an open answer greets at once, and a silent log says every ten seconds that it is there") {
  const Server server;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "hello").status == 200);
  const std::string request =
      "GET " + kBuildPath + "/steps/1/events?offset=5 HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string greeting = server.read_until(request, "event: hello\n");
  CHECK(greeting.find("X-Accel-Buffering: no\r\n") != std::string::npos);
  const std::string alive = server.read_until(request, ": hb\n\nevent: state\n");
  CHECK(count(alive, ": hb\n") == 1);
  CHECK(count(alive, "event: state\n") == 1);
}

TEST_CASE("a long poll is answered with what came, or that nothing did") {
  const Server server;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "hello").status == 200);
  const HttpReply some = server.build("GET", "/steps/1/logs?offset=2&wait=5");
  CHECK(some.status == 200);
  CHECK(some.body == "llo");
  CHECK(some.header("content-length") == "3");
  CHECK(some.header("vela-logs-cursor") == "1-5");
  const HttpReply by_cursor = server.build("GET", "/steps/1/logs?cursor=1-4&wait=5");
  CHECK(by_cursor.body == "o");
  const HttpReply nothing = server.build("GET", "/steps/1/logs?offset=5&wait=1");
  CHECK(nothing.status == 204);
  CHECK(nothing.header("vela-logs-cursor") == "1-5");
}

TEST_CASE("a long poll ends at once when the log has ended, and on a log nobody wrote in time") {
  const Server server;
  fill(server, "hello");
  const auto begun = std::chrono::steady_clock::now();
  const HttpReply ended = server.build("GET", "/steps/1/logs?offset=5&wait=30");
  CHECK(ended.header("vela-logs-state") == "sealed");
  CHECK(ended.header("vela-logs-complete") == "true");
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(10));
  CHECK(server.build("GET", "/steps/9/logs?offset=0&wait=1").status == 204);
}

TEST_CASE("a poll of events is a whole answer, and keeps the writer going at once") {
  const Server server;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "hello").status == 200);
  const HttpReply poll = server.build("GET", "/steps/1/events?offset=2&wait=10");
  CHECK(poll.status == 200);
  CHECK(poll.header("content-type") == "text/event-stream");
  CHECK(poll.header("content-length") == std::to_string(poll.body.size()));
  CHECK(poll.body.find("event: hello\n") != std::string::npos);
  CHECK(poll.body.find(R"("text":"llo")") != std::string::npos);
  const HttpReply nothing = server.build("GET", "/steps/1/events?cursor=1-5&wait=0");
  CHECK(nothing.status == 200);
  CHECK(nothing.body.find("event: state\n") != std::string::npos);
  CHECK(nothing.body.find("event: log\n") == std::string::npos);
  // Between two polls the log counts as followed.
  const HttpReply ack = server.build("PATCH", "/steps/1/logs?offset=5", "!");
  CHECK(ack.body.find(R"("interval_ms":0)") != std::string::npos);
  CHECK(server.build("GET", "/steps/1/events?wait=31").status == 400);
}

TEST_CASE("a poll of a build's events tells when the build has ended") {
  const Server server;
  fill(server, "one\n");
  const HttpReply open = server.build("GET", "/events?wait=1");
  CHECK(open.header("content-length") == std::to_string(open.body.size()));
  CHECK(count(open.body, "event: log\n") == 1);
  CHECK(count(open.body, "event: build-end\n") == 0);
  CHECK(server.build("POST", "/end").status == 200);
  const HttpReply ended = server.build("GET", "/events?cursor=s1:1-4-end&wait=30");
  CHECK(count(ended.body, "event: log\n") == 0);
  CHECK(count(ended.body, "event: build-end\n") == 1);
}

TEST_CASE("a part of a running log is named by Range without its whole length or an ETag") {
  const Server server;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "hello").status == 200);
  const HttpReply part = server.build("GET", "/steps/1/logs", "", {"Range: bytes=1-2"});
  CHECK(part.status == 206);
  CHECK(part.body == "el");
  CHECK(part.header("content-range") == "bytes 1-2/*");
  CHECK(part.header("etag").empty());
}

TEST_CASE("a part of an ended log is named by Range, and If-Range guards it") {
  const Server server;
  fill(server, "0123456789");
  const HttpReply part = server.build("GET", "/steps/1/logs", "", {"Range: bytes=2-4"});
  CHECK(part.status == 206);
  CHECK(part.body == "234");
  CHECK(part.header("content-range") == "bytes 2-4/10");
  const std::string etag = part.header("etag");
  CHECK_FALSE(etag.empty());
  CHECK(server.build("GET", "/steps/1/logs", "", {"Range: bytes=-3", "If-Range: " + etag}).body ==
        "789");
  CHECK(server.build("GET", "/steps/1/logs", "", {"Range: bytes=-3", "If-Range: \"x\""}).status ==
        200);
  CHECK(server.build("GET", "/steps/1/logs", "", {"Range: bytes=10-"}).status == 416);
}

TEST_CASE("a log is read as plain text, by its last lines, packed, or only asked about") {
  const Server server;
  fill(server, "\x1b[1mbold\x1b[0m\n10%\r100%\nlast\n");
  CHECK(server.build("GET", "/steps/1/logs?form=plain").body == "bold\n100%\nlast\n");
  CHECK(server.build("GET", "/steps/1/logs?tail=1").body == "last\n");
  const HttpReply packed = server.build("GET", "/steps/1/logs", "", {"Accept-Encoding: gzip"});
  CHECK(packed.header("content-encoding") == "gzip");
  CHECK(packed.body.starts_with("\x1f\x8b"));
  const HttpReply head = server.build("HEAD", "/steps/1/logs");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.header("vela-logs-state") == "sealed");
}

TEST_CASE("what there is of a log that nobody wrote is empty and pending") {
  const Server server;
  const HttpReply log = server.build("GET", "/steps/9/logs");
  CHECK(log.status == 200);
  CHECK(log.body.empty());
  CHECK(log.header("vela-logs-state") == "pending");
  CHECK(server.build("GET", "/steps").body == "[]");
  CHECK(server.build("GET", "/steps/9").status == 404);
}
