#include "fuzz/fuzz_target.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace vela::fuzz {
namespace {

// Most bytes of a piece of irregular length: of the order of what the formats have as fields.
constexpr std::uint32_t kMostPiece = 23;
// Byte by byte costs the square of the length where something is held back. What is longer is cut
// into longer pieces.
constexpr std::size_t kByteByByte = 512;
constexpr std::uint32_t kMostLongPiece = 800;

// FNV-1a: any change of the input also moves the cuts.
std::uint32_t hash_of(std::string_view bytes) {
  std::uint32_t hash = 2166136261U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

Pieces cut_by(std::string_view input, std::uint32_t seed, std::uint32_t most) {
  Pieces pieces;
  while (!input.empty()) {
    seed = seed * 1664525U + 1013904223U;  // Numerical Recipes; its high bits are the better ones
    const std::size_t length = 1 + (seed >> 16) % most;
    pieces.push_back(input.substr(0, length));
    input.remove_prefix(std::min(length, input.size()));
  }
  return pieces;
}

}  // namespace

std::vector<Pieces> ways_to_cut(std::string_view input) {
  const std::uint32_t seed = hash_of(input);
  if (input.size() > kByteByByte) return {{input}, cut_by(input, seed, kMostLongPiece)};
  return {{input}, cut_by(input, seed, 1), cut_by(input, seed, kMostPiece)};
}

}  // namespace vela::fuzz

// The name that libFuzzer and replay_main.cpp call.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vela::fuzz::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
