#include "core/follow/reading_way.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using vela::base::SteadyTime;
using vela::follow::ReadingWay;
using Kind = ReadingWay::Kind;

namespace {

// A way on which an inquiry was answered at once after an open answer had not begun.
ReadingWay held_back_way(SteadyTime now) {
  ReadingWay way;
  CHECK(way.begin(now) == Kind::events);
  CHECK(way.on_held_back());
  CHECK(way.begin(now) == Kind::inquiry);
  CHECK(way.on_hello(now + 100ms));
  return way;
}

}  // namespace

TEST_CASE("an open answer is dead without a body in 1.5 s, and then without a byte in 25 s") {
  ReadingWay way;
  const SteadyTime now(1000s);
  CHECK(way.begin(now) == Kind::events);
  CHECK(way.dead_at() == now + 1500ms);
  way.on_head(now + 1s);  // a proxy may let the head pass alone
  CHECK(way.dead_at() == now + 1500ms);
  way.on_bytes(now + 1400ms);
  CHECK(way.dead_at() == now + 1400ms + 25s);
  CHECK_FALSE(way.on_hello(now + 1400ms));
}

TEST_CASE("a prompt answer to an inquiry shows that the path is at fault: polls for ten minutes") {
  const SteadyTime now(1000s);
  ReadingWay way = held_back_way(now);
  CHECK(way.begin(now + 1s) == Kind::poll);
  CHECK(way.poll_wait() == 10s);
  CHECK(way.dead_at() == now + 26s);
  CHECK(way.next_poll_at() == now + 1s + 20ms);
  CHECK_FALSE(way.on_held_back());
  CHECK(way.begin(now + 10min) == Kind::poll);
  CHECK(way.begin(now + 11min) == Kind::events);
}

TEST_CASE("an inquiry that fails or takes long shows nothing: an open answer is tried again") {
  const SteadyTime now(1000s);
  ReadingWay way;
  CHECK(way.begin(now) == Kind::events);
  CHECK(way.on_held_back());
  CHECK(way.begin(now) == Kind::inquiry);
  SUBCASE("fails") { CHECK_FALSE(way.on_poll_failed(now)); }
  SUBCASE("takes long") { CHECK_FALSE(way.on_hello(now + 1600ms)); }
  CHECK(way.begin(now + 2s) == Kind::events);
}

TEST_CASE("polls that the path cuts are asked to wait less, those that fail at once are not") {
  const SteadyTime now(1000s);
  ReadingWay way = held_back_way(now);
  CHECK(way.begin(now) == Kind::poll);
  CHECK_FALSE(way.on_poll_failed(now + 10ms));
  CHECK(way.on_poll_failed(now + 2s));
  CHECK(way.poll_wait() == 5s);
  CHECK(way.on_poll_failed(now + 2s));
  CHECK(way.poll_wait() == 2s);
  CHECK(way.on_poll_failed(now + 2s));
  CHECK(way.poll_wait() == 1s);
  CHECK_FALSE(way.on_poll_failed(now + 2s));
}

TEST_CASE("a reader that did not look proves no silence") {
  ReadingWay way;
  const SteadyTime now(1000s);
  static_cast<void>(way.begin(now));
  way.on_bytes(now);
  way.on_pause(now + 1h);
  CHECK(way.dead_at() == now + 1h + 25s);
}
