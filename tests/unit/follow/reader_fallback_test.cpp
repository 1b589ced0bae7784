// How a reader gets on where open answers are held back or cut.
#include <string>

#include <doctest/doctest.h>

#include "support/reader_scene.hpp"

using namespace std::chrono_literals;
using namespace vela::test;

namespace {

std::string parameter(const ReaderMachine::Connect& connect, const std::string& name) {
  const auto at = connect.target.find(name + "=");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 1;
  return connect.target.substr(begin, connect.target.find('&', begin) - begin);
}

// What the shell does when the machine has had enough of a transfer.
void give_up(Scene& scene) {
  REQUIRE(scene.machine.due().has_value());
  scene.now = *scene.machine.due();
  scene.machine.on_time(scene.now);
  REQUIRE_FALSE(scene.machine.wants_transfer());
  scene.machine.on_transfer_end({0, "canceled"}, scene.now);
}

// Brings the scene to where polls are sent, with nothing read yet.
void fall_back(Scene& scene) {
  CHECK(parameter(scene.connect(), "wait").empty());
  give_up(scene);
  CHECK(parameter(scene.open(), "wait") == "0");
  scene.machine.on_bytes(scene.now);
  scene.hello(0, 0);
  scene.cut();
}

}  // namespace

TEST_CASE("without a hello in 1.5 s long polls are sent, with what was read going on") {
  Scene scene("octocat/hello/42/steps/1");
  const auto begun = scene.now;
  fall_back(scene);
  CHECK(scene.now - begun == 1500ms);
  CHECK(scene.said.find("asking for it instead") != std::string::npos);
  auto poll = scene.open();
  CHECK(parameter(poll, "wait") == "10");
  CHECK(parameter(poll, "cursor") == "1-0");
  scene.hello(0, 4);
  scene.output(0, "one\n");
  scene.cut();
  scene.rest();
  CHECK(scene.now - begun < 1600ms);  // soon: it brought something
  poll = scene.open();
  CHECK(parameter(poll, "cursor") == "1-4");
  scene.hello(4, 8);
  scene.output(4, "two\n");
  scene.end(8, true, 0);
  CHECK(scene.shown == "one\ntwo\n");
  CHECK(scene.exit_code() == 0);
}

TEST_CASE("heartbeats that stop for 25 s lead to polls too, and nothing is asked twice") {
  Scene scene("octocat/hello/42/steps/1");
  scene.open();
  scene.machine.on_bytes(scene.now);
  scene.hello(0, 4);
  scene.output(0, "one\n");
  give_up(scene);
  const auto inquiry = scene.open();
  CHECK(parameter(inquiry, "wait") == "0");
  CHECK(parameter(inquiry, "cursor") == "1-4");
  CHECK(scene.notices == 0);
}

TEST_CASE("a server that is away is not mistaken for a path that holds back") {
  Scene scene("octocat/hello/42/steps/1");
  static_cast<void>(scene.connect());
  give_up(scene);
  CHECK(parameter(scene.connect(), "wait") == "0");
  scene.machine.on_transfer_end({0, "connection timed out"}, scene.now);
  CHECK(scene.said.find("connection timed out") != std::string::npos);
  scene.rest();
  CHECK(parameter(scene.open(), "wait").empty());
}

TEST_CASE("an open answer is tried again after ten minutes, and the way is said once") {
  Scene scene("octocat/hello/42/steps/1");
  fall_back(scene);
  const int before = scene.notices;
  scene.now += 10min;
  CHECK(parameter(scene.connect(), "wait").empty());
  give_up(scene);
  CHECK(parameter(scene.open(), "wait") == "0");
  scene.machine.on_bytes(scene.now);
  scene.hello(0, 0);
  scene.cut();
  CHECK(parameter(scene.open(), "wait") == "10");
  CHECK(scene.notices == before);
}

TEST_CASE("a poll that waited is followed by the next at once, an empty one at once is not") {
  Scene scene("octocat/hello/42/steps/1");
  fall_back(scene);
  static_cast<void>(scene.open());
  scene.hello(0, 0);
  scene.now += 10s;
  scene.cut();
  static_cast<void>(scene.open());
  scene.hello(0, 0);
  scene.cut();
  CHECK(std::holds_alternative<ReaderMachine::Pause>(scene.machine.next(scene.now)));
}

TEST_CASE("a proxy that cuts polls is asked for shorter ones, without a word") {
  Scene scene("octocat/hello/42/steps/1");
  fall_back(scene);
  const int before = scene.notices;
  static_cast<void>(scene.connect());
  scene.now += 2s;
  scene.machine.on_transfer_end({504, ""}, scene.now);
  CHECK(parameter(scene.connect(), "wait") == "5");
  CHECK(scene.notices == before);
}

TEST_CASE("an answer that ends before its hello is no end, and leads to a poll") {
  Scene scene("octocat/hello/42/steps/1");
  static_cast<void>(scene.open());
  scene.cut();
  CHECK(parameter(scene.open(), "wait") == "0");
  scene.cut();
  CHECK_FALSE(scene.machine.is_done());
  CHECK(scene.said.find("cut short") != std::string::npos);
}

TEST_CASE("an empty success that a proxy made up is no end, nor is it the wrong server") {
  Scene scene("octocat/hello/42/steps/1");
  fall_back(scene);
  static_cast<void>(scene.connect());
  CHECK_FALSE(scene.machine.on_head(200, "", scene.now));
  scene.machine.on_transfer_end({200, ""}, scene.now);
  CHECK_FALSE(scene.machine.is_done());
  scene.rest();
  CHECK(parameter(scene.open(), "cursor") == "1-0");
}

TEST_CASE("a reader that is cut every two seconds is back at once each time") {
  Scene scene("octocat/hello/42/steps/1");
  for (int i = 0; i < 10; ++i) {
    static_cast<void>(scene.open());
    scene.machine.on_bytes(scene.now);
    scene.hello(0, 0);
    scene.now += 2s;
    scene.cut();
    const auto cut_at = scene.now;
    scene.rest();
    CHECK(scene.now - cut_at < 100ms);
  }
}

TEST_CASE("a lost writer is given up by a reader that polls too") {
  Scene scene("octocat/hello/42/steps/1");
  fall_back(scene);
  for (int i = 0; i <= 30 && !scene.machine.is_done(); ++i) {
    static_cast<void>(scene.open());
    scene.hello(0, 0, LogState::lost);
    CHECK(scene.told.state == LogState::lost);
    scene.now += 10s;
    scene.machine.on_time(scene.now);
    scene.cut();
  }
  CHECK(scene.exit_code() == 3);
}

TEST_CASE("a poll of a build resumes each log and ends when the server says so") {
  Scene scene("octocat/hello/42");
  static_cast<void>(scene.connect());
  give_up(scene);
  CHECK(parameter(scene.open(), "wait") == "0");
  scene.machine.on_event(BuildHello());
  scene.hello(0, 4);
  scene.output(0, "one\n");
  scene.end(4);
  scene.cut();
  const auto poll = scene.open();
  CHECK(parameter(poll, "wait") == "10");
  CHECK(poll.headers.back().second == "s1:1-4-end");
  scene.machine.on_event(BuildHello());
  scene.machine.on_event(BuildEnd());
  CHECK(scene.exit_code() == 0);
  CHECK(scene.shown == "one\n");
}

TEST_CASE("who does not follow polls for what there is and says nothing of the way") {
  Scene scene("octocat/hello/42/steps/1", false);
  static_cast<void>(scene.connect());
  give_up(scene);
  CHECK(parameter(scene.open(), "wait") == "0");
  scene.machine.on_bytes(scene.now);
  scene.hello(0, 8);
  scene.output(0, "one\n");
  scene.cut();
  const auto poll = scene.open();
  CHECK(parameter(poll, "wait") == "0");
  scene.hello(4, 8);
  scene.output(4, "two\n");
  CHECK(scene.exit_code() == 0);
  CHECK(scene.said.empty());
}
