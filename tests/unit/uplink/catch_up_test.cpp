#include "core/uplink/catch_up.hpp"

#include <doctest/doctest.h>

using vela::uplink::CatchUp;

TEST_CASE("sending that keeps up costs no turn") {
  CatchUp plan;
  CHECK_FALSE(plan.wants_turn(false, 0));
}

TEST_CASE("sending that moves gets a few turns, until it has caught up") {
  CatchUp plan;
  for (const int sent : {0, 10, 20}) CHECK(plan.wants_turn(true, sent));
  CHECK_FALSE(plan.wants_turn(false, 30));
  CatchUp endless;
  int turns = 0;
  while (endless.wants_turn(true, turns)) ++turns;
  CHECK(turns == 5);
}

TEST_CASE("a connection that takes nothing gets two turns") {
  CatchUp plan;
  CHECK(plan.wants_turn(true, 7));
  CHECK(plan.wants_turn(true, 7));
  CHECK_FALSE(plan.wants_turn(true, 7));
  // One that takes something again begins anew.
  CatchUp moved;
  CHECK(moved.wants_turn(true, 7));
  CHECK(moved.wants_turn(true, 7));
  CHECK(moved.wants_turn(true, 9));
  CHECK(moved.wants_turn(true, 9));
  CHECK_FALSE(moved.wants_turn(true, 9));
}
