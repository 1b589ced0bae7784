#pragma once

#include <cstddef>
#include <string_view>

namespace vela::test {

// The length of the HTTP/1.1 message that `bytes` begin with; npos when not all of it is there or
// only the end of the connection ends it.
[[nodiscard]] std::size_t find_message_end(std::string_view bytes);

}  // namespace vela::test
