#include "core/step/overflow.hpp"

#include <doctest/doctest.h>

using namespace vela::step;

TEST_CASE("block takes everything: whoever reads waits for room") {
  Overflow overflow(WhenFull::block);
  CHECK(overflow.waits());
  CHECK(overflow.on_output("abc", false).is_taken);
  CHECK(overflow.dropped() == 0);
  CHECK(overflow.on_end().empty());
}

TEST_CASE("drop leaves one line for each gap, on a line of its own") {
  Overflow overflow(WhenFull::drop);
  CHECK_FALSE(overflow.waits());
  CHECK(overflow.on_output("one", true).is_taken);
  CHECK_FALSE(overflow.on_output("12345", false).is_taken);
  CHECK_FALSE(overflow.on_output("678", false).is_taken);
  const Overflow::Answer again = overflow.on_output("two\n", true);
  CHECK(again.is_taken);
  CHECK(again.marker == "\n[vela-logs: 8 bytes found no room and were dropped here]\n");
  CHECK(overflow.on_output("three\n", true).marker.empty());
  CHECK_FALSE(overflow.on_output("9", false).is_taken);
  CHECK(overflow.on_end() == "[vela-logs: 1 bytes found no room and were dropped here]\n");
  CHECK(overflow.on_end().empty());
  CHECK(overflow.dropped() == 9);
  CHECK_FALSE(overflow.has_failed());
}

TEST_CASE("fail takes nothing any more, room or not") {
  Overflow overflow(WhenFull::fail);
  CHECK(overflow.on_output("one\n", true).is_taken);
  CHECK_FALSE(overflow.has_failed());
  CHECK_FALSE(overflow.on_output("two\n", false).is_taken);
  CHECK(overflow.has_failed());
  CHECK_FALSE(overflow.on_output("three\n", true).is_taken);
  CHECK(overflow.dropped() == 10);
}
