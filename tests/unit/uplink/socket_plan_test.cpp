#include "core/uplink/socket_plan.hpp"

#include <doctest/doctest.h>

#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using Kind = SocketStep::Kind;

namespace {

const base::SteadyTime kNow{1000s};

SocketPlan open_plan(logs::Offset offset = 0) {
  SocketPlan plan;
  plan.on_event(SocketPlan::Event::connected);
  plan.on_acknowledged(test::make_ack(offset, 0));
  return plan;
}

SocketView view(logs::Offset end, bool has_ended = false, bool wants_durable = false) {
  return {end, has_ended, wants_durable};
}

}  // namespace

TEST_CASE("nothing is said before the hello, then output goes on where that says") {
  SocketPlan plan;
  CHECK(plan.step(view(10), kNow).kind == Kind::pause);
  plan.on_acknowledged(test::make_ack(4, 4));
  const SocketStep step = plan.step(view(10), kNow);
  CHECK(step.kind == Kind::output);
  CHECK(step.from == 4);
  CHECK(step.to == 10);
}

TEST_CASE("what a message did not take, and what came meanwhile, is the next one") {
  SocketPlan plan = open_plan();
  CHECK(plan.step(view(10), kNow).to == 10);
  plan.on_output(7);
  const SocketStep step = plan.step(view(30), kNow);
  CHECK(step.from == 7);
  CHECK(step.to == 30);
  plan.on_output(30);
  CHECK(plan.step(view(30), kNow).kind == Kind::pause);
  CHECK(plan.sent() == 30);
  CHECK(plan.acknowledged() == 0);
}

TEST_CASE("a half full window asks for durable bytes, one wish at a time and before more output") {
  SocketPlan plan = open_plan();
  CHECK(plan.step(view(10, false, true), kNow).kind == Kind::output);  // nothing was sent yet
  plan.on_output(10);
  const SocketStep wish = plan.step(view(20, false, true), kNow);
  CHECK(wish.kind == Kind::wish);
  CHECK(wish.to == 10);
  CHECK(plan.step(view(20, false, true), kNow).kind == Kind::output);
  plan.on_output(20);
  CHECK(plan.step(view(20, false, true), kNow).kind == Kind::pause);
  plan.on_acknowledged(test::make_ack(20, 5));
  CHECK(plan.step(view(20, false, true), kNow).kind == Kind::pause);
  plan.on_acknowledged(test::make_ack(20, 10));
  CHECK(plan.step(view(20, false, true), kNow).to == 20);
}

TEST_CASE("the seal goes behind the last bytes, and again when it is not answered in time") {
  SocketPlan plan = open_plan();
  CHECK(plan.step(view(10, true), kNow).kind == Kind::output);
  plan.on_output(10);
  CHECK(plan.step(view(10, true), kNow).kind == Kind::seal);
  const SocketStep pause = plan.step(view(10, true), kNow);
  CHECK(pause.kind == Kind::pause);
  CHECK(pause.until == kNow + 3s);
  CHECK(plan.step(view(10, true), kNow + 3s).kind == Kind::seal);
}
