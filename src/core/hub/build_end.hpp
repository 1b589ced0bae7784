#pragma once

#include "core/base/clock.hpp"
#include "core/hub/live_log.hpp"

namespace vela::hub {

// Whether a log speaks for the end of a build that nobody closes: it ended over 15 min ago, or its
// writer was given up, which takes an hour without a word.
[[nodiscard]] bool is_long_over(const LiveLog& log, base::WallTime now);

}  // namespace vela::hub
