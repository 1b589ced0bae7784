#include "core/base/utf8_part.hpp"

#include <cstdint>

namespace vela::base {
namespace {

// What a first byte asks of the ones after it (Unicode Standard, table 3-7).
struct Lead {
  std::size_t followers = 0;  // 0: no first byte of a longer sequence
  std::uint8_t low = 0x80;    // bounds of the second byte; the later ones are 80..BF
  std::uint8_t high = 0xBF;
};

Lead lead_of(std::uint8_t byte) {
  if (byte < 0xC2) return {};  // 80..BF only follow, C0 and C1 would be overlong
  if (byte <= 0xDF) return {1, 0x80, 0xBF};
  if (byte == 0xE0) return {2, 0xA0, 0xBF};  // below: overlong
  if (byte == 0xED) return {2, 0x80, 0x9F};  // above: surrogates
  if (byte <= 0xEF) return {2, 0x80, 0xBF};
  if (byte == 0xF0) return {3, 0x90, 0xBF};  // below: overlong
  if (byte <= 0xF3) return {3, 0x80, 0xBF};
  if (byte == 0xF4) return {3, 0x80, 0x8F};  // above: beyond U+10FFFF
  return {};
}

}  // namespace

Utf8Part first_part(std::string_view bytes) {
  const auto first = static_cast<std::uint8_t>(bytes.front());
  if (first < 0x80) return {Utf8Part::Kind::character, 1};
  const Lead lead = lead_of(first);
  if (lead.followers == 0) return {Utf8Part::Kind::ill_formed, 1};
  for (std::size_t i = 1; i <= lead.followers; ++i) {
    if (i == bytes.size()) return {Utf8Part::Kind::unfinished, i};
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    const std::uint8_t low = i == 1 ? lead.low : 0x80;
    const std::uint8_t high = i == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {Utf8Part::Kind::ill_formed, i};
  }
  return {Utf8Part::Kind::character, lead.followers + 1};
}

}  // namespace vela::base
