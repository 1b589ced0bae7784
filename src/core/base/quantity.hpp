#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

// The quantities that people write on the command line and in the configuration.
namespace vela::base {

// "250ms", "1s", "5m", "2h", "1d", "1h30m", "200us": one or more whole numbers, each with its unit.
// "0" needs none. Errors: invalid, with a valid example in the text.
[[nodiscard]] Result<std::chrono::microseconds> parse_duration(std::string_view text);

// The shortest exact form that parse_duration reads back: "1s", "1m30s", "250ms".
[[nodiscard]] std::string format_duration(std::chrono::microseconds duration);

// "1000", "64KiB", "4MiB", "1GiB", "2TiB"; also "kB", "MB", "GB" as powers of 1000.
// Errors: invalid, with a valid example in the text.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

// The shortest exact form that parse_size reads back: "64KiB", "1000".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

// For people, rounded to a tenth: "12.3 MiB", "999 bytes".
[[nodiscard]] std::string format_rough_size(std::uint64_t bytes);

}  // namespace vela::base
