#include "core/uplink/back_off.hpp"

#include <algorithm>

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""ms;

constexpr std::chrono::microseconds kFirst = 50ms;
constexpr std::chrono::microseconds kLongest = 5000ms;
// 50 ms doubled seven times is beyond the longest; more would overflow the shift in the end.
constexpr unsigned kMaxDoublings = 7;

}  // namespace

std::chrono::microseconds BackOff::next(double lot) {
  const std::chrono::microseconds whole =
      std::min(kFirst * (1U << std::min(failures_, kMaxDoublings)), kLongest);
  ++failures_;
  const auto half = whole / 2;
  return half + std::chrono::microseconds(
                    static_cast<std::int64_t>(static_cast<double>(half.count()) * lot));
}

}  // namespace vela::uplink
