#include "core/net/server_url.hpp"

namespace vela::net {
namespace {

constexpr std::string_view kUnix = "unix:";
// Stands between socket and target; the path of a socket may not hold ':'.
constexpr char kMark = ':';
// What the Host header says; nobody looks the name up.
constexpr std::string_view kHost = "http://localhost";

}  // namespace

std::string url_at(std::string_view server, std::string_view target) {
  std::string url(server);
  if (server.starts_with(kUnix)) {
    url += kMark;
  } else {
    while (url.ends_with('/')) url.pop_back();
  }
  return url.append(target);
}

std::optional<UnixUrl> split_unix_url(std::string_view url) {
  if (!url.starts_with(kUnix)) return std::nullopt;
  url.remove_prefix(kUnix.size());
  const auto mark = url.find(kMark);
  if (mark == std::string_view::npos) return std::nullopt;
  return UnixUrl{std::string(url.substr(0, mark)), std::string(kHost).append(url.substr(mark + 1))};
}

}  // namespace vela::net
