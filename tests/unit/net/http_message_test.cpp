#include "core/net/http_message.hpp"

#include <string>

#include <doctest/doctest.h>

namespace vela::net {
namespace {

// The head without its Date line, which must be there.
std::string head_of(int status, const Headers& headers, Framing framing,
                    ConnectionHeader connection) {
  std::string head;
  put_response_head(head, status, headers, framing, connection);
  const auto date = head.find("Date: ");
  REQUIRE(date != head.npos);
  const auto end = head.find("\r\n", date) + 2;
  CHECK(head.substr(end - 6, 6) == " GMT\r\n");
  return head.erase(date, end - date);
}

constexpr std::string_view kCacheLine = "Cache-Control: no-store, no-transform\r\n";

TEST_CASE("a header is found whatever its case, and the first one counts") {
  Request request;
  request.headers = {{"Content-TYPE", "a"}, {"content-type", "b"}};
  CHECK(request.find_header("Content-Type") == "a");
  CHECK_FALSE(request.find_header("Content").has_value());
}

TEST_CASE("an error is JSON whatever its text") {
  const Response response = error_response(400, "a \"b\" \\ \n\x01 \xc3\xa9");
  CHECK(response.status == 400);
  CHECK(response.body == "{\"error\":\"a \\\"b\\\" \\\\ \\u000a\\u0001 \xc3\xa9\"}");
  REQUIRE(response.headers.size() == 1);
  CHECK(response.headers[0].second == "application/json");
}

TEST_CASE("a head says how its body is delimited and whether the connection goes on") {
  CHECK(head_of(200, {{"ETag", "x"}}, Framing::of_length(5), ConnectionHeader::none) ==
        "HTTP/1.1 200 OK\r\nETag: x\r\n" + std::string(kCacheLine) + "Content-Length: 5\r\n\r\n");
  CHECK(head_of(206, {}, Framing::of_kind(Framing::Kind::chunked), ConnectionHeader::close) ==
        "HTTP/1.1 206 Partial Content\r\n" + std::string(kCacheLine) +
            "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
  CHECK(head_of(204, {}, Framing::of_kind(Framing::Kind::none), ConnectionHeader::keep_alive) ==
        "HTTP/1.1 204 No Content\r\n" + std::string(kCacheLine) + "Connection: keep-alive\r\n\r\n");
}

TEST_CASE("a date of HTTP is read in the one form that is still written") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") ==
        base::WallTime(std::chrono::seconds(784111777)));
  for (const std::string_view wrong :
       {"", "7", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_http_date(wrong).has_value());
  }
}

TEST_CASE("a header's value cannot add lines, and a handler cannot delimit the message") {
  const Headers headers{{"X", "a\r\nSet-Cookie: b"}, {"content-length", "3"}};
  CHECK(head_of(200, headers, Framing::of_length(1), ConnectionHeader::none) ==
        "HTTP/1.1 200 OK\r\nX: a  Set-Cookie: b\r\n" + std::string(kCacheLine) +
            "Content-Length: 1\r\n\r\n");
}

}  // namespace
}  // namespace vela::net
