#include "core/step/stop_plan.hpp"

#include <csignal>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::step;
using Kind = StopAction::Kind;

namespace {

// A plan with 10 s of grace and 60 s for delivery, and its clock.
class Scene {
 public:
  // Everything that is to be done now, in order, up to the wait.
  void expect(Kind kind, int signal = 0) {
    const StopAction action = plan.next(now);
    CHECK(action.kind == kind);
    CHECK(action.signal == signal);
  }
  void expect_wait_of(base::SteadyTime::duration duration) {
    const StopAction action = plan.next(now);
    REQUIRE(action.kind == Kind::wait);
    CHECK(action.until - now == duration);
    now = action.until;
  }
  void expect_endless_wait() {
    const StopAction action = plan.next(now);
    CHECK(action.kind == Kind::wait);
    CHECK(action.until == base::SteadyTime::max());
  }

  base::SteadyTime now{1000s};
  StopPlan plan{10s, 60s};
};

}  // namespace

TEST_CASE("a command that nobody stops runs without a limit") {
  Scene scene;
  scene.expect_endless_wait();
  CHECK_FALSE(scene.plan.was_canceled());
  CHECK(scene.plan.signal() == 0);
}

TEST_CASE("a signal is passed on at once, and the group is killed after the grace") {
  Scene scene;
  scene.plan.on_signal(SIGTERM, scene.now);
  scene.expect(Kind::signal_group, SIGTERM);
  scene.expect_wait_of(10s);
  scene.expect(Kind::signal_group, SIGKILL);
  CHECK(scene.plan.was_canceled());
  CHECK(scene.plan.signal() == SIGTERM);
}

TEST_CASE("a second signal kills at once") {
  Scene scene;
  scene.plan.on_signal(SIGINT, scene.now);
  scene.expect(Kind::signal_group, SIGINT);
  scene.now += 1s;
  scene.plan.on_signal(SIGINT, scene.now);
  scene.expect(Kind::signal_group, SIGKILL);
}

TEST_CASE("a hang-up is passed on but cancels nothing") {
  Scene scene;
  scene.plan.on_signal(SIGHUP, scene.now);
  scene.expect(Kind::signal_group, SIGHUP);
  CHECK_FALSE(scene.plan.was_canceled());
}

TEST_CASE("a command that survives SIGKILL is not waited for") {
  Scene scene;
  scene.plan.on_signal(SIGTERM, scene.now);
  scene.expect(Kind::signal_group, SIGTERM);
  scene.expect_wait_of(10s);
  scene.expect(Kind::signal_group, SIGKILL);
  scene.expect_wait_of(5s);
  scene.expect(Kind::abandon_child);
  scene.expect_endless_wait();
}

TEST_CASE("a step that is canceled on the server gets SIGTERM, once") {
  Scene scene;
  scene.plan.on_canceled(scene.now);
  scene.expect(Kind::signal_group, SIGTERM);
  CHECK(scene.plan.was_canceled());
  scene.now += 1s;
  scene.plan.on_canceled(scene.now);
  scene.expect_wait_of(9s);
  scene.expect(Kind::signal_group, SIGKILL);
}

TEST_CASE("output that a process left behind holds open is read for the grace only") {
  Scene scene;
  scene.plan.on_child_exit(scene.now);
  scene.expect_wait_of(10s);
  scene.expect(Kind::end_reading);
  // Bytes that wait for room in the window are the server's to take: the time for delivery counts.
  scene.expect_wait_of(50s);
  scene.expect(Kind::end_delivery);
  scene.expect_endless_wait();
}

TEST_CASE("a signal while output is held reaches the group, and a second one ends the reading") {
  Scene scene;
  scene.plan.on_child_exit(scene.now);
  scene.now += 3s;
  scene.plan.on_signal(SIGTERM, scene.now);
  scene.expect(Kind::signal_group, SIGTERM);
  scene.plan.on_signal(SIGTERM, scene.now);
  scene.expect(Kind::signal_group, SIGKILL);
  scene.expect(Kind::end_reading);
}

TEST_CASE("delivery gets the drain time from the end of the output on") {
  Scene scene;
  scene.plan.on_child_exit(scene.now);
  scene.now += 2s;
  scene.plan.on_output_end(scene.now);
  scene.expect_wait_of(60s);
  scene.expect(Kind::end_delivery);
  scene.expect_endless_wait();
}

TEST_CASE("a signal during delivery leaves the grace, a second one nothing") {
  Scene scene;
  scene.plan.on_child_exit(scene.now);
  scene.plan.on_output_end(scene.now);
  scene.plan.on_signal(SIGTERM, scene.now);
  CHECK(scene.plan.next(scene.now).until - scene.now == 10s);
  scene.plan.on_signal(SIGTERM, scene.now);
  scene.expect(Kind::end_delivery);
  // The step itself had ended before.
  CHECK_FALSE(scene.plan.was_canceled());
  CHECK(scene.plan.signal() == 0);
}

TEST_CASE("a signal that the command obeyed does not kill what it left behind during delivery") {
  Scene scene;
  scene.plan.on_signal(SIGTERM, scene.now);
  scene.expect(Kind::signal_group, SIGTERM);
  scene.plan.on_child_exit(scene.now);
  scene.plan.on_output_end(scene.now);
  scene.expect_wait_of(60s);
  scene.expect(Kind::end_delivery);
}

TEST_CASE("standard input is read without a limit, and for the grace after a signal") {
  Scene scene;
  scene.plan.on_no_child();
  scene.expect_endless_wait();
  scene.plan.on_signal(SIGINT, scene.now);
  scene.expect_wait_of(10s);
  scene.expect(Kind::end_reading);
  CHECK(scene.plan.was_canceled());
}

TEST_CASE("a command whose output can't be taken is asked to stop, then killed, not canceled") {
  Scene scene;
  scene.plan.on_overflow(scene.now);
  scene.expect(Kind::signal_group, SIGTERM);
  scene.expect_wait_of(10s);
  scene.expect(Kind::signal_group, SIGKILL);
  CHECK_FALSE(scene.plan.was_canceled());
}

TEST_CASE("standard input that can't be taken is no longer read") {
  Scene scene;
  scene.plan.on_no_child();
  scene.plan.on_overflow(scene.now);
  scene.expect(Kind::end_reading);
}
