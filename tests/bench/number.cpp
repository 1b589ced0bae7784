#include "bench/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace vela::bench {

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string rounded(double value) {
  if (value == 0) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fixed(value, std::clamp(2 - magnitude, 0, 4));
}

}  // namespace vela::bench
