#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"

// The server's side of HTTP/1.1 behind a plain interface, so that Beast stays in few files.
namespace vela::net {

class WebSocket;

using Headers = std::vector<std::pair<std::string, std::string>>;

// The head of a request, as it came.
struct Request {
  std::string method;                           // "GET"
  std::string path;                             // of the target, still percent-encoded: "/api/v1/…"
  std::string query;                            // of the target, without '?', still percent-encoded
  Headers headers;                              // in order, names as sent
  std::optional<std::uint64_t> content_length;  // nothing when chunked or without a body
  bool is_chunked = false;

  // The first header of that name, whatever its case.
  [[nodiscard]] std::optional<std::string_view> find_header(std::string_view name) const;
};

// A whole answer. Content-Length, Date, Connection and "Cache-Control: no-store, no-transform" are
// added when it is sent; a HEAD request gets the same head without the body.
struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

// {"error":"text"} with that status.
[[nodiscard]] Response error_response(int status, std::string_view text);
// `json` as application/json.
[[nodiscard]] Response json_response(int status, std::string json);

// Takes a request's body. Called while a read() waits, with bytes that live for the call.
class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual void on_body(std::string_view bytes) = 0;
};

enum class BodyState {
  more,   // some came, more may come
  ended,  // the body is whole
};

// One request and its answer. Handed to the handler for as long as that runs.
class Exchange {
 public:
  virtual ~Exchange() = default;

  [[nodiscard]] virtual const Request& request() const = 0;
  // The peer's address for messages: "127.0.0.1:53412" or "unix".
  [[nodiscard]] virtual const std::string& peer() const = 0;

  // Most bytes that the body may have; above it read_body() fails with ErrorCode::invalid and the
  // session answers 413. The server's default is ServerLimits::body_bytes; 0 means no limit.
  virtual void set_body_limit(std::uint64_t bytes) = 0;

  // Waits for body bytes at most `limit` and hands what came (at most 64 KiB) to `sink`. Not
  // calling it is back-pressure: the peer's TCP window fills. The first call answers "Expect:
  // 100-continue". Errors: closed (the peer ended early, the connection is of no further use),
  // timeout, invalid (body over the limit, broken chunking).
  [[nodiscard]] virtual async::Awaitable<Result<BodyState>> read_body(
      BodySink& sink, std::chrono::milliseconds limit) = 0;

  // Whoever does not read for a moment need not be woken either: from now on input wakes the
  // process only when there are so many bytes of it. 1 is the usual; set it again before reading.
  virtual void set_wake_bytes(int bytes) = 0;

  // Sends a whole answer. A body that was not read is drained up to 64 KiB, else the connection is
  // closed after the answer. Errors: closed, timeout.
  [[nodiscard]] virtual async::Awaitable<Result<void>> respond(Response response) = 0;

  // An answer of unknown length: begin, write, finish. Chunked transfer for HTTP/1.1, until close
  // for HTTP/1.0. Each write() is one chunk and one gathered send; it fails after 60 s without
  // progress.
  [[nodiscard]] virtual async::Awaitable<Result<void>> begin(int status, Headers headers) = 0;
  [[nodiscard]] virtual async::Awaitable<Result<void>> write(std::string_view bytes) = 0;
  [[nodiscard]] virtual async::Awaitable<Result<void>> finish() = 0;

  // Makes the connection a WebSocket: answers 101 to a request that refuse_upgrade() has nothing
  // against. It lives until the handler returns; null when the peer has gone.
  [[nodiscard]] virtual async::Awaitable<WebSocket*> upgrade(std::string_view subprotocol) = 0;

  // Something of the handler's own about this request, given back in RequestEnd.
  virtual void set_mark(int mark) = 0;

  // True when the peer is seen to have closed its side (a non-blocking look; for handlers that wait
  // long).
  [[nodiscard]] virtual bool is_peer_gone() = 0;
};

// What became of a request. Lifetime: views, for the call that it is given to.
struct RequestEnd {
  const Request* request = nullptr;  // null when its head was not understood
  std::string_view peer;
  int mark = -1;                      // what the handler set, if it did
  int status = 0;                     // of the answer; 0 when nobody was there to answer
  std::uint64_t received_bytes = 0;   // of its body, or of the WebSocket that it became
  std::uint64_t sent_bytes = 0;       // of the answer, head included, or of the WebSocket
  std::chrono::microseconds took{0};  // from the first byte of the head to the end of the answer
};

// What answers requests. An exception is caught by the session: logged, answered 500 when nothing
// was sent yet. A handler that returns without an answer is answered 500 too.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  [[nodiscard]] virtual async::Awaitable<void> serve(Exchange& exchange) = 0;
  // Each request is over at last, those included that the session refuses by itself.
  virtual void on_end(const RequestEnd& /*end*/) {}
};

struct ServerLimits {
  std::size_t header_bytes = 16 * 1024;           // above: 431
  std::uint64_t body_bytes = 1024 * 1024;         // above: 413
  std::chrono::milliseconds header_time{10'000};  // from the first byte of a head to its end: 408
  std::chrono::milliseconds idle_time{620'000};   // keep-alive; above the longest proxy's own
  std::size_t connections = 20'000;               // above: accepted and closed at once
};

// What has happened since the server began.
struct ServerCounts {
  std::uint64_t accepted = 0;  // connections
  std::uint64_t rejected = 0;  // connections that were one too many
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::uint64_t sending_bytes = 0;  // at present: what peers have yet to take
};

// Listens, and runs one session a connection.
//
// Executor: everything on the thread of `executor`.
// Lifetime: run() must have returned before it goes.
class HttpServer {
 public:
  HttpServer(boost::asio::any_io_executor executor, ServerLimits limits, HttpHandler& handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // "HOST:PORT", "[V6]:PORT", ":PORT" (all addresses) or "unix:PATH"; port 0 picks one. Returns
  // what a client would write: "http://127.0.0.1:40123" or "unix:/run/x". Errors: invalid, conflict
  // (port taken; the text says how to choose another), unavailable.
  [[nodiscard]] Result<std::string> listen(std::string_view address);

  // Listens on a socket that was opened before this process began. Returns what a client would
  // write. Errors: invalid, when it is no listening stream socket; it is closed then.
  [[nodiscard]] Result<std::string> adopt(int fd);

  // Accepts until stop_accepting(); then waits for the sessions to end.
  [[nodiscard]] async::Awaitable<void> run();

  // No new connections; keep-alive connections that are idle are closed; answers from now on carry
  // "Connection: close". A connection that has not sent its first request yet may still do so.
  void stop_accepting();
  // Closes what is still open, whatever it does.
  void close_all();

  [[nodiscard]] std::size_t sessions() const;
  [[nodiscard]] const ServerCounts& counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vela::net
