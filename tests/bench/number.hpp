#pragma once

#include <string>

namespace vela::bench {

[[nodiscard]] std::string fixed(double value, int digits);
// With three digits that count: "0.0123", "1.23", "12.3", "1234".
[[nodiscard]] std::string rounded(double value);

}  // namespace vela::bench
