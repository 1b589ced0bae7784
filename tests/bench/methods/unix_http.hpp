#pragma once

#include <string>

namespace vela::bench {

// One request to the server at that Unix socket, without a body; the body of its 200. Blocks, at
// most a minute. Throws when there is no such answer.
[[nodiscard]] std::string request_by_socket(const std::string& socket, const std::string& method,
                                            const std::string& path);

}  // namespace vela::bench
