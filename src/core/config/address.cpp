#include "core/config/address.hpp"

#include <algorithm>
#include <cstdint>

#include "core/base/number.hpp"

namespace vela::config {
namespace {

constexpr std::string_view kUnix = "unix:";

std::string quote(std::string_view text) { return "'" + std::string(text) + "'"; }

// 127.0.0.0/8 in its usual form of four numbers.
bool is_loopback_v4(std::string_view host) {
  if (!host.starts_with("127.") || std::count(host.begin(), host.end(), '.') != 3) return false;
  while (true) {
    const auto dot = host.find('.');
    if (!base::parse_number(host.substr(0, dot), 255)) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || is_loopback_v4(host);
}

bool has_blank_or_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
}

// Whether `authority` is HOST or HOST:PORT, perhaps with USER@ before it.
bool is_authority(std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  std::string_view rest = authority;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    rest = authority.substr(close + 1);
    if (rest.empty()) return true;
  } else {
    const auto colon = authority.find(':');
    if (colon == 0 || authority.empty()) return false;
    if (colon == std::string_view::npos) return true;
    rest = authority.substr(colon);
  }
  return rest.starts_with(':') && base::parse_number(rest.substr(1), 65535);
}

}  // namespace

std::optional<std::string> find_listen_fault(std::string_view address) {
  const std::string malformed =
      quote(address) + " is not an address; write for example 127.0.0.1:8080, [::1]:8080 or " +
      "unix:/run/vela-logs.sock (port 0 picks a free one)";
  if (address.starts_with(kUnix))
    return address.size() > kUnix.size() ? std::nullopt : std::optional(malformed);
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos || has_blank_or_control(address)) return malformed;
  const std::string_view host = address.substr(0, colon);
  if (!base::parse_number(address.substr(colon + 1), 65535)) return malformed;
  const bool has_brackets = host.starts_with('[') && host.ends_with(']');
  if (!has_brackets && host.find(':') != std::string_view::npos) return malformed;
  if (is_loopback(host)) return std::nullopt;
  return quote(address) + " can be reached from other machines, and this version can't tell " +
         "friend from foe: authentication comes with a later one; use 127.0.0.1:8080 or " +
         "unix:/run/vela-logs.sock";
}

std::optional<std::string> find_server_fault(std::string_view url) {
  std::string_view rest = url;
  if (url.starts_with(kUnix)) {
    rest.remove_prefix(kUnix.size());
    if (!rest.empty() && !has_blank_or_control(rest) && rest.find(':') == std::string_view::npos)
      return std::nullopt;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    const bool is_good = !has_blank_or_control(rest) &&
                         rest.find_first_of("?#") == std::string_view::npos &&
                         is_authority(rest.substr(0, rest.find('/')));
    if (is_good) return std::nullopt;
  }
  return quote(url) + " is not a server's URL; write for example http://127.0.0.1:8080 or " +
         "unix:/run/vela-logs.sock";
}

std::optional<std::string> find_store_fault(std::string_view store) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (store.find("://") != std::string_view::npos)
    return quote(store) + " names a store that this version does not have; write for example " +
           "sqlite:/var/lib/vela-logs/vela-logs.db";
  if (store.starts_with(kSqlite)) store.remove_prefix(kSqlite.size());
  if (!store.empty()) return std::nullopt;
  return "the path is empty; write for example sqlite:/var/lib/vela-logs/vela-logs.db";
}

}  // namespace vela::config
