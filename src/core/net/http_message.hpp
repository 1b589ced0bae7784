#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/net/http_server.hpp"

// The texts that HTTP messages are made of; no I/O.
namespace vela::net {

// Who we are, to servers.
inline constexpr const char* kUserAgent = "vela-logs/" VELA_LOGS_VERSION;

// Names of headers are the same whatever their (ASCII) case.
[[nodiscard]] bool is_same_name(std::string_view a, std::string_view b);

// RFC 9110 5.6.7, "Sun, 06 Nov 1994 08:49:37 GMT". Nothing when it is none of that form; the two
// that are obsolete are not read.
[[nodiscard]] std::optional<base::WallTime> parse_http_date(std::string_view text);

// How the bytes after a head are delimited.
struct Framing {
  enum class Kind {
    length,       // `content_length` bytes
    chunked,      // Transfer-Encoding: chunked
    until_close,  // what HTTP/1.0 has for an unknown length
    none,         // 204, 304: there is no body and no header says so
  };
  Kind kind = Kind::none;
  std::size_t content_length = 0;

  static Framing of_length(std::size_t bytes) { return Framing{Kind::length, bytes}; }
  static Framing of_kind(Kind kind) { return Framing{kind, 0}; }
};

enum class ConnectionHeader {
  none,  // HTTP/1.1 that stays open
  close,
  keep_alive,  // what HTTP/1.0 needs to hear
};

// Appends the head of an answer with its empty line: the given headers, then Date, Cache-Control,
// Connection and what `framing` needs. Control characters in a value become spaces: a value that
// came from a peer can't add lines. Of the given headers, those that delimit the message are left
// out.
void put_response_head(std::string& out, int status, const Headers& headers, Framing framing,
                       ConnectionHeader connection);

}  // namespace vela::net
