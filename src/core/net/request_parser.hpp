#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/net/http_server.hpp"

namespace vela::net {

// Reads one HTTP/1 request however it is cut, by Beast's parser. No I/O.
//
// Errors: failure() tells what the peer did wrong and which status says so; then nothing more is
//         taken.
// Limits: the head as given (431), the body as set (413), 8 KiB for a chunk's head or the trailers.
class RequestParser {
 public:
  struct Failure {
    int status = 0;  // 0: none
    std::string text;
  };

  explicit RequestParser(std::size_t header_limit);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front and returns how many; the rest is to be given again, with more
  // behind it unless the call ended the head or the request. Stops behind the head, so that its
  // owner can choose what takes the body; then hands every piece of the body to `sink` (null:
  // discards it).
  [[nodiscard]] std::size_t put(std::string_view bytes, BodySink* sink);

  [[nodiscard]] bool is_head_done() const;
  // Head and body are whole.
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] const Failure& failure() const;

  // After the head:
  [[nodiscard]] const Request& request() const;
  [[nodiscard]] bool is_http_1_0() const;
  // Whether the peer wants to go on with this connection.
  [[nodiscard]] bool is_keep_alive() const;
  // The peer sends the body only after "100 Continue", or after it has waited for that in vain.
  [[nodiscard]] bool expects_continue() const;

  // Most bytes of the body; 0 means no limit, which is also what holds before the first call.
  void set_body_limit(std::uint64_t bytes);
  // Fails when the head already tells that the body is above the limit; put() does so as well. For
  // an owner that would otherwise wait for bytes first.
  void check_body_length();
  // Bytes of the body so far.
  [[nodiscard]] std::uint64_t body_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vela::net
