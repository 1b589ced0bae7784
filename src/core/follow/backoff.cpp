#include "core/follow/backoff.hpp"

#include <algorithm>

namespace vela::follow {

std::chrono::microseconds Backoff::next() {
  const double part = 0.5 + 0.5 * random_();
  const auto wait = static_cast<double>(delay_.count()) * part;
  delay_ = std::min(2 * delay_, kLongest);
  return std::chrono::microseconds(static_cast<std::int64_t>(wait));
}

void Backoff::reset() { delay_ = kFirst; }

}  // namespace vela::follow
