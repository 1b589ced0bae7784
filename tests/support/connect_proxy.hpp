#pragma once

#include <atomic>
#include <string>

#include "support/loopback_service.hpp"

namespace vela::test {

// A forward proxy on a loopback port before a server on the loopback, whatever a request names:
// tunnels after CONNECT, and passes on other requests as they are.
class ConnectProxy {
 public:
  explicit ConnectProxy(int server_port);

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(service_.port());
  }
  [[nodiscard]] int tunnels() const { return tunnels_; }
  // Of WebSockets, from the clients.
  [[nodiscard]] int frames() const { return frames_; }

 private:
  void serve(const base::UniqueFd& client);
  void pass_on_counting(int client, int server);

  const int server_port_;
  std::atomic<int> tunnels_ = 0;
  std::atomic<int> frames_ = 0;
  LoopbackService service_;
};

}  // namespace vela::test
