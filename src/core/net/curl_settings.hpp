#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "core/base/error.hpp"

// What all connections of the client's side have in common, whoever speaks on them.
namespace vela::net {

// Proxies, .netrc and TLS as people expect of curl, its environment variables too; HTTP/1.1; a peer
// that is gone is noticed.
void set_connection_options(CURL* easy, std::chrono::milliseconds connect_limit);

// Where to: a URL of url_at(). False when curl is out of memory.
[[nodiscard]] bool set_url(CURL* easy, const std::string& url);

// What `code` means: unavailable, timeout or invalid (the URL). `detail`: curl's own words, may be
// empty. The text holds nothing of the URL that may be secret.
[[nodiscard]] Error to_error(CURLcode code, std::string_view method, std::string_view url,
                             std::string_view detail);
// "GET http://127.0.0.1:8080/x: ", for messages.
[[nodiscard]] std::string to_public_name(std::string_view method, std::string_view url);

}  // namespace vela::net
