#include "core/text/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/base/utf8_part.hpp"

namespace vela::text {
namespace {

// The longest unfinished sequence: three bytes of four.
constexpr std::size_t kMaxUnfinished = 3;

bool is_ascii(char byte) { return static_cast<std::uint8_t>(byte) < 0x80; }

// How many bytes `bytes` begins with that are ASCII; eight at a time, since most text is.
std::size_t ascii_prefix(std::string_view bytes) {
  std::size_t n = 0;
  while (bytes.size() - n >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + n, sizeof(word));
    if ((word & 0x8080'8080'8080'8080U) != 0) break;
    n += sizeof(word);
  }
  while (n < bytes.size() && is_ascii(bytes[n])) ++n;
  return n;
}

}  // namespace

std::size_t unfinished_tail(std::string_view bytes) {
  // A first byte begins a sequence whatever stands before it, so looking back is enough.
  const std::size_t limit = std::min(bytes.size(), kMaxUnfinished);
  for (std::size_t length = 1; length <= limit; ++length) {
    const base::Utf8Part part = base::first_part(bytes.substr(bytes.size() - length));
    if (part.kind == base::Utf8Part::Kind::unfinished) return length;
  }
  return 0;
}

std::string to_valid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t ascii = ascii_prefix(bytes);
    text.append(bytes.substr(0, ascii));
    bytes.remove_prefix(ascii);
    if (bytes.empty()) break;
    const base::Utf8Part part = base::first_part(bytes);
    const bool is_character = part.kind == base::Utf8Part::Kind::character;
    text.append(is_character ? bytes.substr(0, part.length) : base::kReplacement);
    bytes.remove_prefix(part.length);
  }
  return text;
}

}  // namespace vela::text
