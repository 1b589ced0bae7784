#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vela::bench {

// Standard base64 with padding, without line ends.
[[nodiscard]] std::string to_base64(std::string_view bytes);
// Nothing when `text` is no such base64.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace vela::bench
