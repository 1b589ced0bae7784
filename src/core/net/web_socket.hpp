#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/async/awaitable.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/net/byte_channel.hpp"
#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"

namespace vela::net {

// RFC 6455 7.4.1 and the registry that came of it.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,  // a message of a kind that is not understood
  bad_payload = 1007,  // a message whose content makes no sense
  policy = 1008,       // refused for what it asks, not for how
  too_big = 1009,
  internal = 1011,
  restart = 1012,
  try_later = 1013,
};

// An open WebSocket, RFC 6455, either side of one, over a connection that was made already. No
// compression.
//
// Executor: the thread of the channel's executor. One coroutine reads, one writes (write, ping and
//           close), side by side.
// Errors:   closed (by either side, or cut), timeout (the peer takes nothing), invalid (the peer
//           broke the protocol or a limit and was told so by a close code).
// Limits:   a message has at most kMaxMessageBytes, in one frame or many.
class WebSocket {
 public:
  static constexpr std::size_t kMaxMessageBytes = 1024 * 1024;

  struct Message {
    bool is_text = false;    // and valid UTF-8 then; else binary
    std::string_view bytes;  // until the next read()
  };

  explicit WebSocket(std::unique_ptr<ByteChannel> channel);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  // The server's side: answers 101 to a request that refuse_upgrade() has nothing against.
  [[nodiscard]] async::Awaitable<Result<void>> accept(const Request& request,
                                                      std::string_view subprotocol,
                                                      std::chrono::milliseconds limit);

  // The client's side, on a connection to the server of `url`, one of url_at(). An answer other than
  // 101 is no error, it is returned; so is a 101 that does not take the subprotocol. Nothing: the
  // socket is open.
  [[nodiscard]] async::Awaitable<Result<std::optional<ClientReply>>> ask(
      std::string_view url, const Headers& headers, std::string_view subprotocol,
      std::chrono::milliseconds limit);

  // The next message. Without a limit of its own: heard_at() tells whether the peer is there. Not
  // calling it is back-pressure. Answers pings.
  [[nodiscard]] async::Awaitable<Result<Message>> read();

  // Return when the peer's side has room for it; `limit` holds for the whole of it, and a socket
  // that ran into it is of no further use. `text` is valid UTF-8.
  [[nodiscard]] async::Awaitable<Result<void>> write_text(std::string_view text,
                                                          std::chrono::milliseconds limit);
  [[nodiscard]] async::Awaitable<Result<void>> write_binary(std::string_view bytes,
                                                            std::chrono::milliseconds limit);
  [[nodiscard]] async::Awaitable<Result<void>> ping(std::chrono::milliseconds limit);

  // Says why, cut to what a close frame holds (123 bytes), and waits for the peer's own close frame;
  // after `limit` it is closed all the same.
  [[nodiscard]] async::Awaitable<void> close(CloseCode code, std::string_view reason,
                                             std::chrono::milliseconds limit);

  // Ends our side and reads on, `limit` at most, until the peer has ended its own: to close with
  // unread bytes would reset the connection, and the peer could lose what it has not read yet. When
  // nobody reads or writes any more.
  [[nodiscard]] async::Awaitable<void> linger(std::chrono::milliseconds limit);

  // When the peer's last bytes came, whatever they were, or reading began, if that is later.
  [[nodiscard]] base::SteadyTime heard_at() const;
  // Whether a read() waits; else nothing of the peer can be heard.
  [[nodiscard]] bool is_reading() const;
  // A look without waiting: the peer has ended its side, or the connection is broken.
  [[nodiscard]] bool is_peer_gone() const;
  // The close code that came from the peer; it ended the socket in good order.
  [[nodiscard]] std::optional<std::uint16_t> peer_code() const;

  // Ends whatever waits, with ErrorCode::closed; the socket is of no further use.
  void abort();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// What a request for a WebSocket of that subprotocol is refused with: 426 when it asks for none or
// for another version of the protocol, 400 for another subprotocol or a broken handshake. Nothing
// when it can be accepted.
[[nodiscard]] std::optional<Response> refuse_upgrade(const Request& request,
                                                     std::string_view subprotocol);

}  // namespace vela::net
