#pragma once

#include <optional>
#include <string>
#include <string_view>

// What is wrong with an address, or nothing. The texts are for people and hold a valid example.
namespace vela::config {

// "HOST:PORT", "[V6]:PORT" or "unix:PATH", reachable from this machine only: there is no
// authentication yet.
[[nodiscard]] std::optional<std::string> find_listen_fault(std::string_view address);

// "http://HOST[:PORT][/PATH]" or https, no query or fragment; or "unix:PATH" without blanks and ':'.
[[nodiscard]] std::optional<std::string> find_server_fault(std::string_view url);

// "sqlite:PATH" or a bare path.
[[nodiscard]] std::optional<std::string> find_store_fault(std::string_view store);

}  // namespace vela::config
