#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace vela::config {

// The one of `known` that `word` was probably meant to be: at most two letters wrong, left out,
// added or swapped, and less than half of it.
[[nodiscard]] std::optional<std::string_view> find_similar(
    std::string_view word, const std::vector<std::string_view>& known);

}  // namespace vela::config
