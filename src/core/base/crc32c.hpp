#pragma once

#include <cstdint>
#include <string_view>

namespace vela::base {

// CRC-32C (Castagnoli, RFC 3720 B.4): crc32c("123456789") is 0xe3069283. `before` is the checksum
// of what stands before `bytes`, 0 for nothing. Uses the processor's instruction where it has one.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

// The same in plain code, for processors without it.
[[nodiscard]] std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before = 0);

}  // namespace vela::base
