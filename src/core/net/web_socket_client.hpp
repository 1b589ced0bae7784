#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"
#include "core/net/web_socket.hpp"

namespace vela::net {

// Makes connections for WebSockets as HttpClient makes its own, by libcurl: through the proxies of
// the environment (by CONNECT), with the same TLS settings, to Unix sockets too. What then passes
// is the WebSocket's.
//
// Executor: everything on the thread of `executor`; one connect() at a time.
// Errors:   unavailable (refused, name not found, a proxy that does not let us through), timeout,
//           canceled, invalid (the URL).
// Lifetime: outlives its sockets.
class WebSocketClient {
 public:
  explicit WebSocketClient(boost::asio::any_io_executor executor);
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;

  // A connection to the server of `url` (url_at()); WebSocket::ask() comes next.
  [[nodiscard]] async::Awaitable<Result<std::unique_ptr<WebSocket>>> connect(
      std::string url, std::chrono::milliseconds limit);
  // Ends a connect() that is under way.
  void cancel();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vela::net
