#include "core/hub/writer_clock.hpp"

#include <algorithm>

namespace vela::hub {
namespace {

using std::chrono_literals::operator""min;

constexpr auto kWindow = 1min;
// Beyond it a clock is not off but broken, and sums of such times overflow.
constexpr std::chrono::hours kPlausible = 10 * 365 * std::chrono::hours(24);

bool is_plausible(base::WallTime time, base::WallTime now) {
  return time > now - kPlausible && time < now + kPlausible;
}

}  // namespace

void WriterClock::take(const ClockReading& reading, base::SteadyTime now) {
  if (!is_plausible(reading.sent, reading.arrived)) return;
  const Microseconds correction = reading.arrived - reading.sent - reading.round_trip / 2;
  if (current_ && now - since_ >= kWindow) {
    // A minute that is older than the last one says nothing any more.
    before_ = now - since_ < 2 * kWindow ? current_ : std::nullopt;
    current_.reset();
  }
  if (!current_) since_ = now;
  current_ = std::min(correction, current_.value_or(correction));
}

std::optional<base::WallTime> WriterClock::to_ours(base::WallTime time, base::WallTime now) const {
  if (!current_ || !is_plausible(time, now)) return std::nullopt;
  return time + std::min(*current_, before_.value_or(*current_));
}

}  // namespace vela::hub
