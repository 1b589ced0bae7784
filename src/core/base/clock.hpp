#pragma once

#include <chrono>
#include <cstdint>

namespace vela::base {

// When a byte was written, for people: microseconds since 1970 UTC. May jump when the clock is set.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

// For limits and intervals: never jumps.
using SteadyTime = std::chrono::steady_clock::time_point;

inline WallTime wall_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

inline SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

inline std::chrono::microseconds time_since(SteadyTime begun) {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady_now() - begun);
}

inline std::int64_t to_unix_micros(WallTime time) { return time.time_since_epoch().count(); }

inline WallTime from_unix_micros(std::int64_t micros) {
  return WallTime(std::chrono::microseconds(micros));
}

}  // namespace vela::base
