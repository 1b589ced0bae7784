#include <string>

#include <boost/beast/http/rfc7230.hpp>

#include "core/net/web_socket.hpp"

namespace vela::net {
namespace {

constexpr std::string_view kVersion = "13";
// RFC 6455 4.1: 16 bytes in base64.
constexpr std::size_t kKeyChars = 24;

bool has_token(const Request& request, std::string_view header, std::string_view token) {
  const auto value = request.find_header(header);
  return value && boost::beast::http::token_list(*value).exists(token);
}

}  // namespace

std::optional<Response> refuse_upgrade(const Request& request, std::string_view subprotocol) {
  if (!has_token(request, "Connection", "upgrade") || !has_token(request, "Upgrade", "websocket")) {
    Response refusal = error_response(426, "this is for WebSockets: ask for an upgrade");
    refusal.headers.emplace_back("Upgrade", "websocket");
    return refusal;
  }
  if (request.find_header("Sec-WebSocket-Version") != kVersion) {
    Response refusal = error_response(426, "only version 13 of the WebSocket protocol is spoken");
    refusal.headers.emplace_back("Upgrade", "websocket");
    refusal.headers.emplace_back("Sec-WebSocket-Version", std::string(kVersion));
    return refusal;
  }
  if (request.find_header("Sec-WebSocket-Key").value_or("").size() != kKeyChars)
    return error_response(400, "header Sec-WebSocket-Key is missing or no key");
  if (!has_token(request, "Sec-WebSocket-Protocol", subprotocol))
    return error_response(
        400, "the subprotocol spoken here is " + std::string(subprotocol) + ", ask for that");
  return std::nullopt;
}

}  // namespace vela::net
