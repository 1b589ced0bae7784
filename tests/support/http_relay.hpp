#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "support/loopback.hpp"

namespace vela::test {

// A reverse proxy on a loopback port of its own before a server on the loopback. It hands a request
// on when it has all of it, as nginx does unless it is told.
class HttpRelay {
 public:
  // What the relay itself says to the `nth` request (from 1) of a connection: nothing lets it pass,
  // "" closes the connection without an answer. Called one at a time.
  using Intercept = std::function<std::optional<std::string>(const std::string& request, int nth)>;

  explicit HttpRelay(int server_port, Intercept intercept = {});
  ~HttpRelay();
  HttpRelay(const HttpRelay&) = delete;
  HttpRelay& operator=(const HttpRelay&) = delete;

  [[nodiscard]] int port() const { return listener_.port; }

 private:
  void accept_all();
  void serve(int client);
  [[nodiscard]] std::optional<std::string> intercept(const std::string& request, int nth);

  const int server_port_;
  const Intercept intercept_;
  LoopbackListener listener_;

  std::mutex mutex_;
  // Guarded by mutex_, as are calls of intercept_: open connections, shut down to end their threads.
  std::list<int> open_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace vela::test
