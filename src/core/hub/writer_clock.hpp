#pragma once

#include <chrono>
#include <optional>

#include "core/base/clock.hpp"

namespace vela::hub {

// What a writer says of its clock in a request, and when that came.
struct ClockReading {
  base::WallTime sent;     // by the writer's clock
  base::WallTime arrived;  // by ours
  // The shortest time that an answer of ours has taken so far, from its request on.
  std::chrono::microseconds round_trip{0};
};

// How far a writer's clock is from ours, so that the times in its output can be compared to ours.
//
// A request needs half the round trip to us, or longer: whoever waits for a connection, a proxy or a
// busy processor reads too late. So of all readings of a minute the earliest arrival counts, and the
// minute before still does: a clock that is set, or drifts, is followed. What is left is at most half
// the shortest round trip.
//
// A machine without I/O, of fixed size.
class WriterClock {
 public:
  // A reading that is ten years off counts for nothing.
  void take(const ClockReading& reading, base::SteadyTime now);
  // Another writer begins.
  void forget() { *this = WriterClock(); }

  // What our clock showed when the writer's showed `time`; nothing when it never told, or when that
  // is ten years from `now`, which is ours: a peer may write any number.
  [[nodiscard]] std::optional<base::WallTime> to_ours(base::WallTime time,
                                                      base::WallTime now) const;

 private:
  using Microseconds = std::chrono::microseconds;

  // To be added to a time of the writer's.
  std::optional<Microseconds> before_;   // of the minute before
  std::optional<Microseconds> current_;  // of the minute that began at `since_`
  base::SteadyTime since_;
};

}  // namespace vela::hub
