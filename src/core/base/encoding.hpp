#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vela::base {

// Lower-case hex, two digits a byte.
[[nodiscard]] std::string to_hex(std::string_view bytes);

// Nothing when `hex` has an odd length or a character that is not a hex digit.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view hex);

// RFC 3986 percent-encoding of everything but unreserved characters.
[[nodiscard]] std::string percent_encode(std::string_view bytes);

// Nothing when a '%' is not followed by two hex digits. '+' stays '+'.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

}  // namespace vela::base
