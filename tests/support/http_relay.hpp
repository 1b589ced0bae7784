#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "support/loopback_service.hpp"

namespace vela::test {

// A reverse proxy on a loopback port of its own before a server on the loopback. It hands a request
// on when it has all of it, as nginx does unless it is told.
class HttpRelay {
 public:
  // What the relay itself says to the `nth` request (from 1) of a connection: nothing lets it pass,
  // "" closes the connection without an answer. Called one at a time.
  using Intercept = std::function<std::optional<std::string>(const std::string& request, int nth)>;

  explicit HttpRelay(int server_port, Intercept intercept = {});

  [[nodiscard]] int port() const { return service_.port(); }

 private:
  void serve(const base::UniqueFd& front);
  [[nodiscard]] std::optional<std::string> intercept(const std::string& request, int nth);

  const int server_port_;
  const Intercept intercept_;
  std::mutex mutex_;  // guards calls of intercept_
  LoopbackService service_;
};

}  // namespace vela::test
