#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"

// The client's side of HTTP by libcurl, so that proxies, TLS settings and .netrc work as people
// expect, driven by the caller's own event loop (curl_multi_socket_action).
namespace vela::net {

struct ClientRequest {
  std::string method;  // "PATCH"
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;          // sent with Content-Length, unless the hooks feed it
  bool is_body_fed = false;  // chunked: bytes come from TransferHooks::on_upload
  // Limits. total: nothing means none (streams and downloads that live long).
  std::chrono::milliseconds connect_limit{10'000};
  std::optional<std::chrono::milliseconds> total_limit;
  // On when a failed reuse of a kept-alive connection must show as a failure: a fresh connection.
  bool is_fresh_connection = false;
};

struct ClientReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // empty when hooks took it; at most 1 MiB

  [[nodiscard]] std::optional<std::string_view> find_header(std::string_view name) const;
};

// What a transfer asks of its owner while it runs. Called on the client's thread, from within the
// event loop: must neither block nor call back into the client.
class TransferHooks {
 public:
  virtual ~TransferHooks() = default;
  // The next bytes of a fed body, up to `room.size()`: their number; 0 ends the body; nothing
  // pauses until HttpClient::resume(). Hand over all that is pending: each call is one chunk and
  // one send.
  virtual std::optional<std::size_t> on_upload(char* room, std::size_t size);
  // The final head of the answer (no 1xx). True: on_download takes the body; false: ClientReply
  // does.
  virtual bool on_head(const ClientReply& head);
  // Bytes of the answer's body. False ends the transfer with ErrorCode::canceled.
  virtual bool on_download(std::string_view bytes);
  // Asked before each on_download. False pauses the download, and with it the peer, until
  // HttpClient::resume().
  virtual bool has_room_for_download() { return true; }
};

// Runs many transfers at once over kept-alive connections. Never sends "Expect: 100-continue", does
// not follow redirects, never throws from callbacks.
//
// Executor: everything on the thread of `executor`.
// Errors:   unavailable (refused, reset, name not found, cut in the middle), timeout, canceled,
//           invalid (a URL that libcurl can't take). An HTTP status is never an error here.
// Lifetime: outlives its transfers; cancel_all() ends them.
class HttpClient {
 public:
  explicit HttpClient(boost::asio::any_io_executor executor);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `hooks` may be null. Cancelling the coroutine ends the transfer too. An answer that comes
  // before the body was sent whole ends the transfer with that answer.
  [[nodiscard]] async::Awaitable<Result<ClientReply>> perform(ClientRequest request,
                                                              TransferHooks* hooks);

  // Goes on with what is paused for these hooks, upload and download; harmless when nothing is.
  void resume(TransferHooks& hooks);
  // Ends the transfer of these hooks with ErrorCode::canceled; harmless when there is none.
  void cancel(TransferHooks& hooks);
  void cancel_all();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vela::net
