#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/option_table.hpp"

// The words in a row of the option table.
namespace vela::config {

// "VELA_LOGS_SERVER VELA_ADDR": both. Lifetime: the row's.
[[nodiscard]] std::vector<std::string_view> variables_of(const OptionRow& row);

// The words that may stand as the value, "auto|stream": both; of "N|all" only "all"; of a name as
// "DUR" none. Lifetime: the row's.
[[nodiscard]] std::vector<std::string_view> choices_of(const OptionRow& row);

// "a, b, c".
[[nodiscard]] std::string list_words(const std::vector<std::string_view>& words);

}  // namespace vela::config
