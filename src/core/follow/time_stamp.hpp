#pragma once

#include <optional>
#include <string>

#include "core/base/clock.hpp"

namespace vela::follow {

enum class TimeForm {
  clock,    // "14:03:07.250", local time
  iso,      // "2026-01-02T14:03:07.250Z", UTC
  elapsed,  // "00:01:12.250" since the log started
  delta,    // "  +0.3ms" since the line before
  delay,    // "  +0.8ms" from written to shown
};

// What a line's time may be measured against.
struct LineTimes {
  base::WallTime written;  // its first byte
  base::WallTime shown;
  base::WallTime log_started;
  std::optional<base::WallTime> line_before;  // when that was written
};

// Without a space behind it; of one width as long as spans stay below 1000 s.
[[nodiscard]] std::string format_time(TimeForm form, const LineTimes& times);

}  // namespace vela::follow
