#include "core/hub/writer_clock.hpp"

#include <doctest/doctest.h>

#include "core/hub/durable_times.hpp"

using namespace vela::hub;
using std::chrono::microseconds;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

namespace {

// A writer whose clock is `ahead` of ours, over a line that takes `there` one way and the same back.
struct Line {
  microseconds ahead{0};
  microseconds there{0};
  vela::base::WallTime wall{std::chrono::seconds{1'700'000'000}};
  vela::base::SteadyTime steady{std::chrono::seconds{1000}};

  void pass(microseconds time) {
    wall += time;
    steady += time;
  }
  // A request that arrives `late` later than the line needs.
  void tell(WriterClock& clock, microseconds late = microseconds(0)) {
    ClockReading reading;
    reading.sent = wall + ahead;
    reading.round_trip = 2 * there;
    pass(there + late);
    reading.arrived = wall;
    clock.take(reading, steady);
  }
  // How wrong `clock` is about a byte that is written now.
  microseconds error(const WriterClock& clock) const {
    return clock.to_ours(wall + ahead, wall).value() - wall;
  }
};

}  // namespace

TEST_CASE("a writer that never told its time can't be compared") {
  const WriterClock clock;
  CHECK_FALSE(clock.to_ours(vela::base::WallTime(), vela::base::WallTime()).has_value());
}

TEST_CASE("a clock that is wrong by minutes either way is put right") {
  for (const microseconds ahead : {microseconds(0), microseconds(7min), microseconds(-7min)}) {
    CAPTURE(ahead.count());
    WriterClock clock;
    Line line;
    line.ahead = ahead;
    line.there = 20ms;
    line.tell(clock);
    CHECK(line.error(clock).count() == 0);
  }
}

TEST_CASE("a request that was held up on its way spoils nothing") {
  WriterClock clock;
  Line line;
  line.ahead = 3s;
  line.there = 5ms;
  line.tell(clock, 400ms);
  CHECK(line.error(clock) == 400ms);  // all that is known so far
  line.tell(clock);
  CHECK(line.error(clock).count() == 0);
  line.tell(clock, 2s);
  CHECK(line.error(clock).count() == 0);
}

TEST_CASE("a clock that is set is followed within two minutes, in either direction") {
  WriterClock clock;
  Line line;
  line.there = 5ms;
  line.tell(clock);
  line.ahead = 10s;  // set forward: its times arrive earlier than before, which counts at once
  line.tell(clock);
  CHECK(line.error(clock).count() == 0);
  line.ahead = 0s;  // set back: the earlier arrivals have to be forgotten
  for (int minute = 0; minute < 3; ++minute) {
    line.tell(clock);
    line.pass(1min);
  }
  line.tell(clock);
  CHECK(line.error(clock).count() == 0);
}

TEST_CASE("a clock that drifts is followed without a step back to what it was") {
  WriterClock clock;
  Line line;
  line.there = 1ms;
  for (int i = 0; i < 240; ++i) {
    line.tell(clock);
    line.ahead -= 150us;  // 10 ppm: behind by 150 us more each 15 s
    line.pass(15s);
    CHECK(line.error(clock) >= -microseconds(9 * 150));
    CHECK(line.error(clock).count() <= 0);
  }
}

TEST_CASE("times that no clock shows count for nothing") {
  WriterClock clock;
  Line line;
  ClockReading reading;
  reading.arrived = line.wall;
  reading.sent = vela::base::WallTime::min();
  clock.take(reading, line.steady);
  CHECK_FALSE(clock.to_ours(line.wall, line.wall).has_value());
  line.tell(clock);
  for (const auto time : {vela::base::WallTime::min(), vela::base::WallTime::max()})
    CHECK_FALSE(clock.to_ours(time, line.wall).has_value());
  CHECK(clock.to_ours(line.wall, line.wall).has_value());
}

TEST_CASE("the next writer has a clock of its own") {
  WriterClock clock;
  Line line;
  line.ahead = 7min;
  line.tell(clock);
  clock.forget();
  CHECK_FALSE(clock.to_ours(line.wall, line.wall).has_value());
}

TEST_CASE("how long a byte has been durable is known for the last commits") {
  DurableTimes times;
  const vela::base::SteadyTime begin{std::chrono::seconds(1000)};
  CHECK(times.since(0, begin).count() == 0);
  times.on_durable(100, begin);
  CHECK(times.since(99, begin + 3s) == 3s);
  CHECK(times.since(100, begin + 3s).count() == 0);
  for (int i = 1; i <= 5; ++i)
    times.on_durable(100 + static_cast<vela::logs::Offset>(i) * 10,
                     begin + std::chrono::seconds(i));
  // Those of 2 s, 3 s, 4 s and 5 s are left: older ones count as the oldest of these.
  CHECK(times.since(149, begin + 5s).count() == 0);
  CHECK(times.since(139, begin + 5s) == 1s);
  CHECK(times.since(0, begin + 5s) == 3s);
}
