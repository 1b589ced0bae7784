#include "core/hub/build_end.hpp"

#include <doctest/doctest.h>

#include "support/live_log_scene.hpp"

using namespace std::chrono_literals;
using namespace vela::test;
using vela::hub::is_long_over;

TEST_CASE("a log speaks for the end of its build a quarter of an hour after its own") {
  Scene scene;
  CHECK_FALSE(is_long_over(scene.log(), scene.now().wall));
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hello"));
  CHECK_FALSE(scene.seal(kWriter, "hello"));
  scene.pass(16min);
  CHECK_FALSE(is_long_over(scene.log(), scene.now().wall));  // its end is not stored yet
  scene.store();
  CHECK(is_long_over(scene.log(), scene.now().wall));
  scene.restart();
  CHECK(is_long_over(scene.log(), scene.now().wall));
  scene.pass(-2min);
  CHECK_FALSE(is_long_over(scene.log(), scene.now().wall));
}

TEST_CASE("a log whose writer was given up does not keep its build open") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  scene.pass(60s);
  CHECK(scene.log().check_liveness(scene.now().steady));
  CHECK_FALSE(is_long_over(scene.log(), scene.now().wall));  // lost, and it may come back
  scene.pass(1h);
  CHECK(scene.log().check_liveness(scene.now().steady));
  CHECK(is_long_over(scene.log(), scene.now().wall));
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(is_long_over(scene.log(), scene.now().wall));
}
