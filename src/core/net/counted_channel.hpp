#pragma once

#include <memory>

#include "core/net/byte_channel.hpp"
#include "core/net/http_server.hpp"

namespace vela::net {

// The same channel; what passes is added to the bytes of the server and of the request that it was
// made for. Lifetime: both outlive it.
[[nodiscard]] std::unique_ptr<ByteChannel> count_channel(std::unique_ptr<ByteChannel> below,
                                                         ServerCounts& server, RequestEnd& request);

}  // namespace vela::net
