#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace vela::base {

// What the integers of the store hold: 2^63 - 1.
inline constexpr auto kLargestNumber =
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// The number when `text` is nothing but decimal digits and at most `most`.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text,
                                                        std::uint64_t most = kLargestNumber);

}  // namespace vela::base
