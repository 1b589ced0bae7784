#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vela::test {

// Bytes that do not get smaller when they are stored; the same for the same seed.
[[nodiscard]] inline std::string noise_of(std::size_t size, std::uint32_t seed) {
  std::string noise(size, '\0');
  for (char& byte : noise) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return noise;
}

}  // namespace vela::test
