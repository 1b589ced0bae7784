#include "core/follow/reader_machine.hpp"

#include <doctest/doctest.h>

#include "support/reader_scene.hpp"

using namespace std::chrono_literals;
using namespace vela::test;

TEST_CASE("a reader shows what comes and is done at the end") {
  Scene scene("octocat/hello/42/steps/1");
  CHECK(cursor_of(scene.open()).empty());
  scene.hello(0, 0);
  scene.output(0, "one\n");
  scene.output(4, "two\n");
  scene.end(8);
  CHECK(scene.shown == "one\ntwo\n");
  CHECK(scene.exit_code() == 0);
}

TEST_CASE("a cut connection is not the end: reading goes on at the next byte") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  scene.output(0, "one\n");
  scene.cut();
  scene.rest();
  CHECK(cursor_of(scene.open()) == "1-4");
  scene.hello(4, 8);
  scene.output(4, "two\n");
  scene.end(8);
  CHECK(scene.shown == "one\ntwo\n");
  CHECK(scene.said.find("--server") == std::string::npos);
}

TEST_CASE("what is repeated is shown once") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  scene.output(0, "one\n");
  scene.output(0, "one\n");
  scene.output(0, "one\ntwo\n");
  CHECK(scene.shown == "one\ntwo\n");
}

TEST_CASE("a hole is never read over: the server is asked again") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  scene.output(0, "one\n");
  scene.output(8, "three\n");
  CHECK_FALSE(scene.machine.wants_transfer());
  scene.cut();
  scene.rest();
  CHECK(cursor_of(scene.open()) == "1-4");
  CHECK(scene.shown == "one\n");
}

TEST_CASE("an end before bytes that are missing is not believed") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  scene.output(0, "one\n");
  scene.end(8);
  CHECK_FALSE(scene.machine.is_done());
  CHECK_FALSE(scene.machine.wants_transfer());
}

TEST_CASE("a reset goes on from the cut and says what is void") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  scene.output(0, "one\ntwo\n");
  Reset reset;
  reset.log = kLog;
  reset.next = {2, 4};
  const int before = scene.notices;
  scene.machine.on_event(reset);
  CHECK(scene.notices == before + 1);
  scene.output(4, "new\n", 2);
  CHECK(scene.shown == "one\ntwo\nnew\n");
  scene.end(8, false);
  CHECK(scene.exit_code() == 3);
}

TEST_CASE("a reader that is ahead of a restarted server waits for the owner") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  scene.output(0, "one\ntwo\n");
  scene.cut();
  scene.rest();
  CHECK(cursor_of(scene.open()) == "1-8");
  scene.hello(8, 4);  // it has 4 bytes: the rest was not stored
  CHECK(scene.machine.wants_transfer());
  scene.output(8, "three\n");
  CHECK(scene.shown == "one\ntwo\nthree\n");
}

TEST_CASE("an incomplete log ends with 3, with the step's code when that is asked for") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  scene.end(0, false, 5);
  CHECK(scene.exit_code() == 3);
}

TEST_CASE("204 says that there is nothing more") {
  Scene scene("octocat/hello/42/steps/1");
  scene.connect();
  CHECK_FALSE(scene.machine.on_head(204, "", scene.now));
  scene.machine.on_transfer_end({204, ""}, scene.now);
  CHECK(scene.exit_code() == 0);
}

TEST_CASE("a server that is away is asked again, and without following is a failure") {
  Scene patient("octocat/hello/42/steps/1");
  patient.connect();
  patient.machine.on_transfer_end({0, "refused"}, patient.now);
  CHECK(patient.notices == 1);
  CHECK(patient.said.find("name it with --server") != std::string::npos);
  patient.rest();
  patient.connect();
  patient.machine.on_transfer_end({503, "busy"}, patient.now);
  CHECK(patient.notices == 1);  // said once
  CHECK_FALSE(patient.machine.is_done());
  Scene hasty("octocat/hello/42/steps/1", false);
  hasty.connect();
  hasty.machine.on_transfer_end({0, "refused"}, hasty.now);
  CHECK(hasty.exit_code() == 1);
}

TEST_CASE("a refusal and an answer that is no stream are failures") {
  for (const int status : {400, 404, 200}) {
    Scene scene("octocat/hello/42/steps/1");
    scene.connect();
    CHECK_FALSE(scene.machine.on_head(status, "text/html", scene.now));
    scene.machine.on_transfer_end({status, "no"}, scene.now);
    CHECK(scene.exit_code() == 1);
  }
}

TEST_CASE("25 seconds without a byte are a dead connection") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.machine.on_bytes(scene.now);
  scene.hello(0, 0);
  REQUIRE(scene.machine.due().has_value());
  CHECK(*scene.machine.due() - scene.now == 25s);
  scene.now += 25s;
  scene.machine.on_time(scene.now);
  CHECK_FALSE(scene.machine.wants_transfer());
  CHECK_FALSE(scene.machine.is_done());
}

TEST_CASE("a writer that stays lost is given up after the timeout") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.hello(0, 0);
  StateChange lost;
  lost.log = kLog;
  lost.state = LogState::lost;
  scene.machine.on_event(lost);
  scene.now += 299s;
  scene.machine.on_time(scene.now);
  CHECK_FALSE(scene.machine.is_done());
  scene.now += 2s;
  scene.machine.on_time(scene.now);
  CHECK(scene.exit_code() == 3);
}

TEST_CASE("without following a reader is done when it has what there was") {
  Scene scene("octocat/hello/42/steps/1", false);
  scene.open();
  scene.hello(0, 8);
  scene.output(0, "one\n");
  CHECK_FALSE(scene.machine.is_done());
  scene.output(4, "two\n");
  CHECK(scene.exit_code() == 0);
  Scene absent("octocat/hello/42/steps/1", false);
  absent.open();
  absent.hello(0, 0, LogState::pending);
  CHECK(absent.exit_code() == 1);
}

TEST_CASE("a build is resumed in each of its logs and ends when the server says so") {
  Scene scene("octocat/hello/42");
  scene.open();
  scene.machine.on_event(BuildHello());
  scene.hello(0, 0);
  scene.output(0, "one\n");
  scene.hello(0, 0, LogState::running, 1, kSecond);
  scene.output(0, "two\n", 1, kSecond);
  scene.end(4);
  scene.cut();
  scene.rest();
  const auto again = scene.open();
  std::string last_event;
  for (const auto& [name, value] : again.headers)
    if (name == "Last-Event-ID") last_event = value;
  CHECK(last_event == "s1:1-4-end,s2:1-4");
  BuildHello hello;
  for (const LogId& log : {kLog, kSecond}) {
    Hello one;
    one.log = log;
    one.cursor = {1, 4};
    one.offset = 4;
    one.state = log == kLog ? LogState::sealed : LogState::running;
    hello.logs.push_back(one);
  }
  scene.machine.on_event(hello);
  scene.end(4, true, 0, kSecond);
  CHECK_FALSE(scene.machine.is_done());
  scene.machine.on_event(BuildEnd());
  CHECK(scene.exit_code() == 0);
  CHECK(scene.shown == "one\ntwo\n");
}
