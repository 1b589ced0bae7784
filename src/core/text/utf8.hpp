#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vela::text {

// How many bytes at the end of `bytes` (0 to 3) begin a UTF-8 sequence that is valid so far and not
// finished: what must wait for more before it is shown.
[[nodiscard]] std::size_t unfinished_tail(std::string_view bytes);

// `bytes` as valid UTF-8: each maximal ill-formed part becomes one U+FFFD, as the Unicode Standard
// (3.9, "substitution of maximal subparts") and the WHATWG decoder do it.
[[nodiscard]] std::string to_valid_utf8(std::string_view bytes);

}  // namespace vela::text
