#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

// Unsigned LEB128, seven bits a byte, the lowest first: https://en.wikipedia.org/wiki/LEB128
namespace vela::logs {

inline void put_leb128(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>((value & 0x7f) | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

// Reads one number after the other, a byte at a time.
class Leb128Reader {
 public:
  // The number that this byte ends, if it does; then the next one may begin.
  [[nodiscard]] std::optional<std::uint64_t> put(unsigned char byte) {
    // A 64-bit number takes at most ten groups, of which the last is one bit.
    is_overlong_ = shift_ > kMaxShift || (shift_ == kMaxShift && byte > 1);
    if (is_overlong_) return std::nullopt;
    number_ |= std::uint64_t{byte & 0x7fU} << shift_;
    shift_ += 7;
    if ((byte & 0x80) != 0) return std::nullopt;
    shift_ = 0;
    return std::exchange(number_, 0);
  }

  // The last byte made a number of more than 64 bits; nothing more can be read.
  [[nodiscard]] bool is_overlong() const { return is_overlong_; }
  // No number has been begun.
  [[nodiscard]] bool is_at_boundary() const { return shift_ == 0; }

 private:
  static constexpr int kMaxShift = 63;

  std::uint64_t number_ = 0;
  int shift_ = 0;
  bool is_overlong_ = false;
};

}  // namespace vela::logs
