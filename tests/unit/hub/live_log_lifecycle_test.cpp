#include <doctest/doctest.h>

#include "support/live_log_scene.hpp"

using namespace std::chrono_literals;
using namespace vela::test;

TEST_CASE("a silent writer is lost after a minute, given up after an hour, and may come back") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  scene.pass(59s);
  CHECK_FALSE(scene.log().check_liveness(scene.now().steady));
  scene.pass(1s);
  CHECK(scene.log().check_liveness(scene.now().steady));
  CHECK(scene.log().state() == LogState::lost);
  SUBCASE("back from lost") {
    CHECK_FALSE(scene.place(kWriter, 0, "here"));
    CHECK(scene.log().state() == LogState::running);
  }
  SUBCASE("given up") {
    scene.pass(1h);
    CHECK(scene.log().check_liveness(scene.now().steady));
    CHECK(scene.log().state() == LogState::incomplete);
    CHECK_FALSE(scene.log().has_ended());
    CHECK_FALSE(scene.claim(kWriter));
    CHECK(scene.log().state() == LogState::running);
    CHECK_FALSE(scene.place(kWriter, 0, "hello"));
    CHECK_FALSE(scene.seal(kWriter, "hello"));
    scene.store();
    CHECK(scene.log().verdict().complete);
  }
}

TEST_CASE("plain curl is heard for as long as its request is open, however silent it is") {
  Scene scene;
  WriterClaim claim;
  claim.writer = kWriter;
  claim.is_anonymous = true;
  CHECK_FALSE(scene.log().claim(claim, 1, scene.now()));
  scene.pass(2h);
  CHECK_FALSE(scene.log().check_liveness(scene.now().steady));
  CHECK(scene.log().writer_unheard_for(scene.now().steady) == 0ms);
  CHECK(scene.log().silent_for(scene.now().steady) == 2h);
  scene.log().release(kWriter);
  scene.pass(60s);
  CHECK(scene.log().check_liveness(scene.now().steady));
  CHECK(scene.log().state() == LogState::lost);
}

TEST_CASE("a restarted server counts a writer's silence from its start") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  scene.store();
  scene.pass(50s);
  CHECK_FALSE(scene.log().check_liveness(scene.now().steady));
  scene.restart();
  scene.pass(59s);
  CHECK_FALSE(scene.log().check_liveness(scene.now().steady));
  CHECK(scene.log().state() == LogState::running);
  scene.pass(1s);
  CHECK(scene.log().check_liveness(scene.now().steady));
  scene.store();
  // What was lost before the restart is so until the writer is heard.
  scene.restart();
  CHECK(scene.log().state() == LogState::lost);
  CHECK_FALSE(scene.claim(kWriter));
  CHECK(scene.log().state() == LogState::running);
}

TEST_CASE("an anonymous writer owns the log for one request") {
  Scene scene;
  WriterClaim claim;
  claim.writer = kWriter;
  claim.is_anonymous = true;
  CHECK_FALSE(scene.log().claim(claim, 1, scene.now()));
  CHECK_FALSE(scene.place(kWriter, 0, "one "));
  CHECK(scene.claim(kOther) == Refusal::other_writer);
  scene.log().release(kWriter);
  WriterClaim second;
  second.writer = kOther;
  second.is_anonymous = true;
  CHECK_FALSE(scene.log().claim(second, 1, scene.now()));
  CHECK_FALSE(scene.place(kOther, 4, "two"));
  CHECK(scene.text() == "one two");
  // One curl after another is one writer as far as readers are concerned.
  CHECK(scene.log().record().generation.number == 1);
  CHECK(scene.log().record().base == 0);
}

TEST_CASE("what is not stored is measured by what it costs, and a commit frees what it carried") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK(scene.log().unstored_cost() == 0);
  for (Offset at = 0; at < 10; ++at) CHECK_FALSE(scene.place(kWriter, at, "x"));
  const std::size_t cost_of_ten = scene.log().unstored_cost();
  CHECK(cost_of_ten == scene.log().cost());
  CHECK(cost_of_ten > 100);  // far more than ten bytes
  CHECK_FALSE(scene.place(kWriter, 0, "xxxxxxxxxx"));
  CHECK(scene.log().unstored_cost() == cost_of_ten);  // a repeat costs nothing
  static_cast<void>(scene.log().take_batch());
  CHECK_FALSE(scene.place(kWriter, 10, "x"));
  SUBCASE("a commit that fails frees nothing") {
    scene.log().on_store_failed();
    CHECK(scene.log().unstored_cost() == cost_of_ten * 11 / 10);
  }
  SUBCASE("what came while it ran is not stored yet") {
    scene.log().on_stored();
    CHECK(scene.log().unstored_cost() == cost_of_ten / 10);
  }
}

TEST_CASE("memory is freed up to what is stored and what is kept for followers") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  for (Offset at = 0; at < 10; ++at) CHECK_FALSE(scene.place(kWriter, at, "x"));
  scene.log().free_stored(0);
  CHECK(scene.log().memory_begin() == 0);
  scene.store();
  // What is kept is measured by what it costs: of small chunks that is a multiple of their bytes.
  scene.log().free_stored(scene.log().cost() * 4 / 10);
  CHECK(scene.log().memory_begin() == 6);
  scene.log().free_stored(0);
  CHECK(scene.log().memory_begin() == 10);
  CHECK(scene.log().cost() == 0);
}
