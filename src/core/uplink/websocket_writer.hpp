#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/deadline.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/net/web_socket.hpp"
#include "core/net/web_socket_client.hpp"
#include "core/uplink/delivery_machine.hpp"
#include "core/uplink/requests.hpp"

namespace vela::uplink {

// Option 3: a WebSocket that carries the output as it comes, for as long as it lasts. What comes
// while a message is on its way is the next message. No copy of the output is kept but of that.
//
// Executor: the thread of `executor`.
// Lifetime: `target` and `machine` outlive it; run() must have returned before it goes.
class WebsocketWriter {
 public:
  // `on_progress`: the machine was told something while the socket stays open.
  WebsocketWriter(const boost::asio::any_io_executor& executor, const Target& target,
                  DeliveryMachine& machine, std::function<void()> on_progress);

  // Runs one socket to its end, and says what ended it.
  [[nodiscard]] async::Awaitable<Reply> run(OpenSocket open);

  // Bytes came, or the output ended. Harmless when none is open.
  void wake() { wake_.notify_all(); }
  // Ends the one that is open, or being opened.
  void cancel();

 private:
  [[nodiscard]] async::Awaitable<std::optional<Reply>> open(OpenSocket open);
  [[nodiscard]] async::Awaitable<void> write_messages();
  [[nodiscard]] async::Awaitable<Result<void>> write_output(SocketStep step);
  [[nodiscard]] async::Awaitable<void> take_write_failure(Error error);
  [[nodiscard]] async::Awaitable<void> pause(base::SteadyTime until);
  [[nodiscard]] async::Awaitable<void> read_messages();
  void take(const net::WebSocket::Message& message);
  void on_read_failure(const Error& error);
  void end(Reply reply);

  const Target& target_;
  DeliveryMachine& machine_;
  const std::function<void()> on_progress_;
  const std::string log_;
  net::WebSocketClient client_;
  async::Notifier wake_;
  async::Deadline hello_;  // until the server's first word
  async::TaskGroup tasks_;

  // Of the socket that is open:
  std::unique_ptr<net::WebSocket> socket_;
  std::string message_;  // what is on its way
  bool has_sent_seal_ = false;
  std::optional<Reply> result_;  // why it ends
};

}  // namespace vela::uplink
