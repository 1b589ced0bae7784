#pragma once

#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "support/loopback.hpp"

namespace vela::test {

// A forward proxy on a loopback port before a server on the loopback, whatever a request names:
// tunnels after CONNECT, and passes on other requests as they are.
class ConnectProxy {
 public:
  explicit ConnectProxy(int server_port);
  ~ConnectProxy();
  ConnectProxy(const ConnectProxy&) = delete;
  ConnectProxy& operator=(const ConnectProxy&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(listener_.port);
  }
  [[nodiscard]] int tunnels() const { return tunnels_; }
  // Of WebSockets, from the clients.
  [[nodiscard]] int frames() const { return frames_; }

 private:
  void accept_all();
  void serve(int client);
  void pass_on_counting(int client, int server);

  const int server_port_;
  LoopbackListener listener_;
  std::atomic<int> tunnels_ = 0;
  std::atomic<int> frames_ = 0;

  std::mutex mutex_;
  // Guarded by mutex_: open connections, shut down to end their threads.
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace vela::test
