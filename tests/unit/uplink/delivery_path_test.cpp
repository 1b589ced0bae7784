// Method auto: which way the output takes, and what is sent to find it out.
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "core/uplink/delivery_machine.hpp"
#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using logs::Offset;

namespace {

// An announced machine of method auto.
class Scene : public test::DeliveryScene {
 public:
  Scene() : DeliveryScene(test::delivery_options(buffer::Method::automatic)) {
    CHECK(act<Send>().is_announcement);
    reply(test::make_ack(0, 0));
  }
  // Appends `bytes`, acknowledged up to `durable` as stored.
  void append(std::string_view bytes, Offset durable) {
    push(bytes);
    const Offset end = act<Send>().to;
    reply(test::make_ack(end, durable));
  }
  void pass_probe() {
    REQUIRE(machine.take_probe().has_value());
    ProbeReply good;
    good.reply = test::make_ack(0, 0);
    std::get<logs::Acknowledgement>(good.reply).received_over = 50ms;
    good.was_sent = true;
    good.second_piece = 50ms;
    good.end = good.answer = 100ms;
    machine.on_probe(good, now);
  }
  bool has_said(std::string_view words) {
    for (const Notice& notice : machine.take_notices())
      if (notice.text.find(words) != std::string::npos) return !notice.is_warning;
    return false;
  }
};

std::string text_of(const Probe& probe) {
  std::string text;
  for (const logs::ChunkSlice& slice : probe.bytes) text += slice.bytes();
  return text;
}

}  // namespace

TEST_CASE("a trial carries bytes that are acknowledged, even if they are freed a moment later") {
  Scene scene;
  CHECK_FALSE(scene.machine.take_probe().has_value());  // nothing was sent yet
  scene.append("hello\n", 6);
  CHECK(scene.machine.spool().begin() == scene.machine.spool().end());
  const auto probe = scene.machine.take_probe();
  REQUIRE(probe.has_value());
  CHECK(probe->from == 0);
  CHECK(text_of(*probe) == "hello\n");
  // One at a time.
  scene.append("more\n", 11);
  CHECK_FALSE(scene.machine.take_probe().has_value());
}

TEST_CASE("a trial carries the last few bytes of many") {
  Scene scene;
  scene.append(std::string(1000, 'x') + "end\n", 0);
  const auto probe = scene.machine.take_probe();
  REQUIRE(probe.has_value());
  CHECK(probe->from == 1004 - 64);
  CHECK(text_of(*probe).ends_with("xend\n"));
}

TEST_CASE("output goes on in appends while a trial runs, and down a stream when it went well") {
  Scene scene;
  scene.append("a\n", 0);
  CHECK(scene.has_said("begins in short appends"));
  scene.push("b\n");
  const Send during = scene.act<Send>();
  CHECK(during.from == 2);
  scene.pass_probe();
  CHECK(scene.has_said("down a stream"));
  // The append is still under way: the stream begins where it ends.
  scene.push("c\n");
  scene.reply(test::make_ack(4, 0));
  CHECK(scene.act<OpenStream>().from == 4);
  CHECK_FALSE(scene.machine.take_probe().has_value());
}

TEST_CASE("what waits for the pause between appends goes at once when a trial went well") {
  Scene scene;
  scene.push("a");
  scene.act<Send>();
  logs::Acknowledgement slow = test::make_ack(1, 0);
  slow.interval = 1000ms;
  scene.reply(slow);
  scene.push("b");
  CHECK(scene.act<Wait>().until == scene.now + 1000ms);
  scene.pass_probe();
  CHECK(scene.act<OpenStream>().from == 1);
}

TEST_CASE("after a stream was cut on a live server output goes in appends") {
  Scene scene;
  scene.append("a", 0);
  scene.pass_probe();
  scene.push("b");
  scene.act<OpenStream>();
  scene.feed();
  scene.reply(Failure{"cut"});
  scene.wait();
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(test::make_ack(1, 0));
  CHECK(scene.has_said("short appends for 10 minutes: a stream failed: cut"));
  CHECK(scene.act<Send>().from == 1);
  scene.reply(test::make_ack(2, 2));
  CHECK_FALSE(scene.machine.take_probe().has_value());
  scene.now += 10min;
  scene.append("c", 2);
  CHECK(scene.machine.take_probe().has_value());
}

TEST_CASE("a server that was away gets streams again when it is back") {
  Scene scene;
  scene.append("a", 0);
  scene.pass_probe();
  scene.push("b");
  scene.act<OpenStream>();
  scene.feed();
  scene.reply(Failure{"cut"});
  scene.wait();
  scene.act<Send>();
  scene.reply(Failure{"connection refused"});
  scene.wait();
  scene.act<Send>();
  scene.reply(test::make_ack(1, 0));
  CHECK(scene.act<OpenStream>().from == 1);
}

TEST_CASE("a connection that may have died while the step was silent is not held against streams") {
  Scene scene;
  scene.append("a", 0);
  scene.pass_probe();
  scene.now += 5s;
  scene.push("b");
  scene.act<OpenStream>();
  scene.feed();
  scene.reply(Failure{"reset"});
  scene.wait();
  scene.act<Send>();
  scene.reply(test::make_ack(1, 0));
  CHECK(scene.act<OpenStream>().from == 1);
}

TEST_CASE("no trial is made of a step that has ended") {
  Scene scene;
  scene.push("a");
  scene.act<Send>();
  scene.machine.end(Ending());
  scene.reply(test::make_ack(1, 0));
  CHECK_FALSE(scene.machine.take_probe().has_value());
}
