#pragma once

#include <optional>
#include <string>
#include <string_view>

// A server as a person names it: "http://127.0.0.1:8080", https, or "unix:/run/vela-logs.sock", each
// as serve prints it when it listens.
namespace vela::net {

// The URL of `target` ("/api/v1/…?…") on `server`: "http://127.0.0.1:8080/api/v1/…", or
// "unix:/run/vela-logs.sock:/api/v1/…". Slashes at the end of an http server are left out.
[[nodiscard]] std::string url_at(std::string_view server, std::string_view target);

struct UnixUrl {
  std::string socket;  // the path of the socket
  std::string url;     // what to ask for there: "http://localhost/api/v1/…"
};

// Takes a URL of url_at() apart; nothing when it is not one of a Unix socket.
[[nodiscard]] std::optional<UnixUrl> split_unix_url(std::string_view url);

}  // namespace vela::net
