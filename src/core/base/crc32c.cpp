#include "core/base/crc32c.hpp"

#include <cstring>

#include <boost/crc.hpp>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace vela::base {
namespace {

constexpr std::uint32_t kPolynomial = 0x1EDC6F41;
constexpr std::uint32_t kOnes = 0xFFFFFFFF;

// boost::crc takes the register as its polynomial stands; the checksum is its mirror image.
constexpr std::uint32_t mirror(std::uint32_t value) {
  std::uint32_t mirrored = 0;
  for (int bit = 0; bit < 32; ++bit) mirrored |= ((value >> bit) & 1U) << (31 - bit);
  return mirrored;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(std::string_view bytes,
                                                             std::uint32_t before) {
  std::uint64_t crc = before ^ kOnes;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof(std::uint64_t); left -= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    crc = _mm_crc32_u64(crc, word);
    at += sizeof word;
  }
  auto tail = static_cast<std::uint32_t>(crc);
  for (; left != 0; --left) tail = _mm_crc32_u8(tail, static_cast<unsigned char>(*at++));
  return tail ^ kOnes;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before) {
  boost::crc_optimal<32, kPolynomial, kOnes, kOnes, true, true> crc(mirror(before ^ kOnes));
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_sse42(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace vela::base
