#include "core/hub/append_pace.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::hub;

TEST_CASE("appends of a log that somebody follows go at once, others once a second") {
  CHECK(append_interval(true, 0) == 0ms);
  CHECK(append_interval(true, 0.25) == 0ms);
  CHECK(append_interval(false, 0) == 1000ms);
  CHECK(append_interval(false, 0.9) == 1000ms);
}

TEST_CASE("a backlog slows followed appends by up to 50 ms, and so long waits who is refused") {
  CHECK(append_interval(true, 0.625) == 25ms);
  CHECK(append_interval(true, 0.99) < 50ms);
  CHECK(append_interval(true, 1) == 50ms);
  CHECK(append_interval(true, 2) == 50ms);
  CHECK(append_interval(false, 1) == 50ms);
}

TEST_CASE("a reader between two long polls still follows, one that went away does not") {
  const base::SteadyTime now{1000s};
  Interest interest;
  CHECK_FALSE(interest.is_fresh(now));
  interest.join();
  interest.join();
  interest.leave(now);
  CHECK(interest.is_fresh(now + 1h));
  interest.leave(now + 1h);
  CHECK(interest.is_fresh(now + 1h + 1999ms));
  CHECK_FALSE(interest.is_fresh(now + 1h + 2s));
}

TEST_CASE("a stream that somebody follows is read at once, whatever it brings") {
  const base::SteadyTime began{1000s};
  const StreamPace pace(began);
  CHECK(pace.next_read(100, true, began + 5s) == std::nullopt);
  CHECK(pace.next_read(100'000, true, began + 5s) == std::nullopt);
}

TEST_CASE("lines that nobody waits for are read in bunches once a stream is 2 s old") {
  const base::SteadyTime began{1000s};
  const StreamPace pace(began);
  CHECK(pace.next_read(100, false, began + 1999ms) == std::nullopt);
  CHECK(pace.next_read(100, false, began + 2s) == began + 2250ms);
}

TEST_CASE("a stream that brings much is read on at once") {
  const base::SteadyTime began{1000s};
  const StreamPace pace(began);
  CHECK(pace.next_read(4095, false, began + 5s) == began + 5250ms);
  CHECK(pace.next_read(4096, false, began + 5s) == std::nullopt);
}
