#pragma once

#include <cstdint>
#include <optional>

#include "core/base/unique_fd.hpp"

// What passes on the loopback of this process's network.
namespace vela::bench {

// A network of our own from here on, for this process and those it starts: nothing but a loopback,
// so that what is counted is what is measured. False where the system does not allow it; then the
// loopback is everybody's. Before any thread is started.
[[nodiscard]] bool enter_own_network();

struct Traffic {
  std::uint64_t bytes = 0;  // of IP packets with their TCP and IP headers, both directions
  std::uint64_t packets = 0;
};
// Since the network was made.
[[nodiscard]] Traffic loopback_traffic();

// Counts requests that arrive at a TCP port: packets whose payload begins with the method of an
// HTTP request, or with the head of a WebSocket message (binary or text) of a client. A request
// begins a packet, because a client sends none before it has the answer to the one before, and
// each message is one send. The kernel's filter counts; nobody reads the packets.
class RequestCounter {
 public:
  // Nothing where the system does not allow it (CAP_NET_RAW).
  [[nodiscard]] static std::optional<RequestCounter> listen_to(std::uint16_t port);

  // Since the last call.
  [[nodiscard]] std::uint64_t take() const;

 private:
  explicit RequestCounter(base::UniqueFd socket) : socket_(std::move(socket)) {}

  base::UniqueFd socket_;
};

}  // namespace vela::bench
