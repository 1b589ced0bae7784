#include "core/net/curl_settings.hpp"

#include <cstdlib>

#include "core/net/http_message.hpp"
#include "core/net/server_url.hpp"

namespace vela::net {
namespace {

// A peer that went without a word is noticed about two minutes later, in an idle download too.
constexpr long kKeepAliveSeconds = 30;

// For messages: scheme, host, port and path. What stands before '@' or behind '?' may be secret.
std::string to_public_url(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  const auto scheme = url.find("://");
  if (scheme == url.npos) return std::string(url);
  const std::string_view rest = url.substr(scheme + 3);
  const auto at = rest.substr(0, rest.find('/')).rfind('@');
  return std::string(url.substr(0, scheme + 3)) +
         std::string(at == rest.npos ? rest : rest.substr(at + 1));
}

// The variables that curl itself looks at and libcurl leaves to its users.
void set_authorities(CURL* easy) {
  if (const char* file = std::getenv("CURL_CA_BUNDLE")) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, file);
    return;
  }
  if (const char* file = std::getenv("SSL_CERT_FILE")) curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  if (const char* dir = std::getenv("SSL_CERT_DIR")) curl_easy_setopt(easy, CURLOPT_CAPATH, dir);
}

ErrorCode code_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorCode::timeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ErrorCode::invalid;
    default:
      return ErrorCode::unavailable;
  }
}

}  // namespace

void set_connection_options(CURL* easy, std::chrono::milliseconds connect_limit) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
  set_authorities(easy);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // HTTP/2 would put all logs of a worker behind one lost packet.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_limit.count()));
}

bool set_url(CURL* easy, const std::string& url) {
  const auto on_socket = split_unix_url(url);
  if (!on_socket) return curl_easy_setopt(easy, CURLOPT_URL, url.c_str()) == CURLE_OK;
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  return curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, on_socket->socket.c_str()) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_URL, on_socket->url.c_str()) == CURLE_OK;
}

std::string to_public_name(std::string_view method, std::string_view url) {
  return std::string(method) + " " + to_public_url(url) + ": ";
}

Error to_error(CURLcode code, std::string_view method, std::string_view url,
               std::string_view detail) {
  // Of a socket curl would say that port 80 of localhost can't be reached.
  const bool is_told = !detail.empty() && !split_unix_url(url);
  return {code_of(code),
          to_public_name(method, url).append(is_told ? detail : curl_easy_strerror(code))};
}

}  // namespace vela::net
