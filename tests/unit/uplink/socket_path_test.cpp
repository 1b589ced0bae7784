#include "core/uplink/socket_path.hpp"

#include <string>

#include <doctest/doctest.h>

#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using Event = SocketPlan::Event;

namespace {

const Reply kCut = Failure{"cut"};
const Reply kAck = test::make_ack(0, 0);

struct Scene {
  // A socket that ended with `reply`; the server's next answer says that it is there.
  void end(const SocketPlan& plan, const Reply& reply, const Reply& next = kAck) {
    path.on_socket(plan, reply);
    path.on_reply(next, now);
  }
  [[nodiscard]] bool is_usable() const { return path.is_usable(now); }

  SocketPath path;
  base::SteadyTime now{1000s};
};

SocketPlan connected() {
  SocketPlan plan;
  plan.on_event(Event::connected);
  return plan;
}

SocketPlan open(logs::ByteCount sent, logs::ByteCount acknowledged) {
  SocketPlan plan = connected();
  plan.on_acknowledged(test::make_ack(100, 0));
  plan.on_output(100 + sent);
  if (acknowledged != 0) plan.on_acknowledged(test::make_ack(100 + acknowledged, 0));
  return plan;
}

}  // namespace

TEST_CASE("an upgrade that a live server did not answer means appends for 10 minutes") {
  Scene scene;
  scene.path.on_socket(connected(), kCut);
  CHECK_FALSE(scene.is_usable());
  scene.path.on_reply(kAck, scene.now);
  CHECK_FALSE(scene.is_usable());
  CHECK(scene.path.take_news().value_or("").find("10 minutes") != std::string::npos);
  scene.now += 10min;
  CHECK(scene.is_usable());
}

TEST_CASE("a server that is away after an upgrade leaves a doubt, however long it is away") {
  Scene scene;
  for (int i = 0; i != 5; ++i) {
    scene.end(connected(), kCut, kCut);
    for (int asked = 0; asked != 5; ++asked) scene.path.on_reply(kCut, scene.now);
    scene.path.on_reply(kAck, scene.now);
    CHECK(scene.is_usable());
    scene.end(open(5, 5), kCut);
  }
  // So a proxy that now and then has words of its own can hide only once that it lets none pass.
  for (int i = 0; i != 2; ++i) {
    scene.end(connected(), kCut, kCut);
    scene.path.on_reply(kAck, scene.now);
  }
  CHECK_FALSE(scene.is_usable());
}

TEST_CASE("what may be a restart is let pass once") {
  Refusal busy = test::make_refusal(RefusalKind::busy);
  Scene unconnected;
  unconnected.end(SocketPlan(), kCut);
  CHECK(unconnected.is_usable());
  unconnected.end(connected(), busy);
  CHECK_FALSE(unconnected.is_usable());
  Scene broken;
  broken.end(open(5, 0), kCut);
  CHECK(broken.is_usable());
  broken.end(open(5, 0), kCut);
  CHECK_FALSE(broken.is_usable());
}

TEST_CASE("a socket that carried bytes is opened again however often it breaks") {
  Scene scene;
  scene.end(open(5, 0), kCut);
  for (int i = 0; i != 10; ++i) scene.end(open(5, 3), kCut);
  CHECK(scene.is_usable());
  scene.end(open(5, 0), kCut);
  CHECK(scene.is_usable());  // what was before is forgotten
}

TEST_CASE("idle cuts, closes of the server and refusals of our own say nothing about the path") {
  Scene scene;
  SocketPlan closed = open(5, 0);
  closed.on_event(Event::closed_by_server);
  for (int i = 0; i != 3; ++i) {
    scene.end(open(0, 0), kCut);
    scene.end(closed, kCut);
    scene.end(connected(), test::make_refusal(RefusalKind::other_writer));
    scene.end(open(5, 0), test::make_refusal(RefusalKind::rejected));
    scene.end(open(5, 5), kAck);
  }
  CHECK(scene.is_usable());
}
