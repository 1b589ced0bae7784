#include "core/text/terminal_sanitizer.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include "core/base/utf8_part.hpp"
#include "core/text/control_sequence.hpp"

namespace vela::text {
namespace {

// Sequences that programs write are below 100 bytes, a hyperlink below 2 KiB; what is longer is an
// image or garbage, and holding it back would delay the log.
constexpr std::size_t kMaxSequenceBytes = 4096;

constexpr std::uint64_t kEach = 0x0101'0101'0101'0101U;  // times a byte: that byte in all eight

// A printable ASCII character or one of the four controls that stay.
bool is_plain(char byte) {
  const auto value = static_cast<std::uint8_t>(byte);
  if (value >= 0x20) return value < 0x7F;
  return byte == '\n' || byte == '\r' || byte == '\t' || byte == '\b';
}

// True when all eight bytes are printable ASCII.
bool is_printable(std::uint64_t word) {
  constexpr std::uint64_t kHighBits = kEach * 0x80;
  const std::uint64_t below_space = word - kEach * 0x20;  // borrows show in a high bit
  const std::uint64_t delete_or_above = word + kEach;
  return ((word | below_space | delete_or_above) & kHighBits) == 0;
}

// How many bytes `bytes` begins with that stay as they are: plain ASCII and well-formed characters.
std::size_t text_prefix(std::string_view bytes) {
  std::size_t n = 0;
  while (n < bytes.size()) {
    if (bytes.size() - n >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + n, sizeof(word));
      if (is_printable(word)) {
        n += sizeof(word);
        continue;
      }
    }
    if (is_plain(bytes[n])) {
      ++n;
      continue;
    }
    if (static_cast<std::uint8_t>(bytes[n]) < 0x80) break;
    const base::Utf8Part part = base::first_part(bytes.substr(n));
    if (part.kind != base::Utf8Part::Kind::character || is_c1(bytes.substr(n))) break;
    n += part.length;
  }
  return n;
}

// Makes one text safe and remembers what it could not decide.
struct Scan {
  bool keep_colors;
  bool is_end;  // nothing follows: what is unfinished is given up
  bool has_color;
  std::string safe;
  std::string_view rest;  // what is held back in the end

  void run(std::string_view bytes) {
    safe.reserve(bytes.size());
    rest = bytes;
    while (!rest.empty()) {
      const std::size_t length = text_prefix(rest);
      safe.append(rest.substr(0, length));
      rest.remove_prefix(length);
      if (rest.empty() || !take_special()) return;
    }
  }

  // Takes what is no plain text off `rest`; false when it must wait for more.
  bool take_special() {
    const bool is_control = static_cast<std::uint8_t>(rest.front()) < 0x80 || is_c1(rest);
    return is_control ? take_control() : take_ill_formed();
  }

  bool take_control() {
    const ControlSequence found = first_control(rest.substr(0, kMaxSequenceBytes));
    if (found.kind == ControlSequence::Kind::unfinished && rest.size() < kMaxSequenceBytes &&
        !is_end) {
      return false;
    }
    if (found.kind == ControlSequence::Kind::color && keep_colors) {
      safe.append("\x1B[").append(found.parameters).append("m");
      has_color = leaves_color(found.parameters);
    }
    rest.remove_prefix(found.length);
    return true;
  }

  bool take_ill_formed() {
    const base::Utf8Part part = base::first_part(rest);
    if (part.kind == base::Utf8Part::Kind::unfinished && !is_end) return false;
    safe.append(base::kReplacement);
    rest.remove_prefix(part.length);
    return true;
  }
};

}  // namespace

std::string TerminalSanitizer::put(std::string_view bytes) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {});
    joined.append(bytes);
    bytes = joined;
  }
  Scan scan{keep_colors_, false, has_color_, {}, {}};
  scan.run(bytes);
  has_color_ = scan.has_color;
  held_.assign(scan.rest);
  return std::move(scan.safe);
}

std::string TerminalSanitizer::finish() {
  const std::string last = std::exchange(held_, {});
  Scan scan{keep_colors_, true, has_color_, {}, {}};
  scan.run(last);
  has_color_ = scan.has_color;
  return std::move(scan.safe);
}

}  // namespace vela::text
