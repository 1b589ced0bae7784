#pragma once

#include "core/async/awaitable.hpp"
#include "core/buffer/spool.hpp"
#include "core/net/http_client.hpp"
#include "core/uplink/requests.hpp"

namespace vela::uplink {

// Sends short appends, and with them announcements, signs of life and the seal.
//
// Lifetime: `client` and `target` outlive it.
class AppendWriter {
 public:
  AppendWriter(net::HttpClient& client, const Target& target) : client_(client), target_(target) {}

  // `held` is read before the first suspension.
  [[nodiscard]] async::Awaitable<Reply> send(Send send, const buffer::Spool& held);

 private:
  net::HttpClient& client_;
  const Target& target_;
};

}  // namespace vela::uplink
