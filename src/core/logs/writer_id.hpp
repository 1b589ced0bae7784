#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vela::logs {

// Which run of a writer this is: 128 bits, new for each run, 32 hex digits on the wire.
class WriterId {
 public:
  // All zero: no writer.
  WriterId() = default;

  [[nodiscard]] static WriterId make_random();
  // Exactly 32 hex digits, not all of them 0.
  [[nodiscard]] static std::optional<WriterId> parse(std::string_view hex);

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] bool is_set() const { return *this != WriterId(); }

  friend bool operator==(const WriterId&, const WriterId&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace vela::logs
