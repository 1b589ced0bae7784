#include "core/net/request_parser.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace vela::net {
namespace {

class Collect final : public BodySink {
 public:
  void on_body(std::string_view bytes) override {
    pieces.emplace_back(bytes);
    all += bytes;
  }
  std::vector<std::string> pieces;
  std::string all;
};

// A parser that is fed as a session does it: what is left over comes first in the next put().
class Feed {
 public:
  explicit Feed(std::size_t header_limit = 1024) : parser(header_limit) {}

  void put(std::string_view bytes) {
    rest += bytes;
    for (;;) {
      const bool was_head_done = parser.is_head_done();
      rest.erase(0, parser.put(rest, &body));
      if (parser.is_head_done() == was_head_done || parser.is_done()) return;
    }
  }
  // `text` in pieces of `size` bytes, until the request is done.
  void put_in_pieces(std::string_view text, std::size_t size) {
    while (!text.empty() && !parser.is_done() && parser.failure().status == 0) {
      put(text.substr(0, size));
      text.remove_prefix(std::min(size, text.size()));
    }
  }

  RequestParser parser;
  Collect body;
  std::string rest;
};

int status_of(std::string_view text, std::size_t header_limit = 1024) {
  Feed feed(header_limit);
  feed.put(text);
  return feed.parser.failure().status;
}

TEST_CASE("a request is read alike however it is cut") {
  const std::string text =
      "POST /a%2Fb?x=1&y HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nX-Y:  z \r\n\r\n"
      "5\r\nhello\r\n1;ext=1\r\n \r\nA\r\nworld12345\r\n0\r\nTrailer: t\r\n\r\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CAPTURE(size);
    Feed feed;
    feed.put_in_pieces(text, size);
    REQUIRE(feed.parser.is_done());
    const Request& request = feed.parser.request();
    CHECK(request.method == "POST");
    CHECK(request.path == "/a%2Fb");
    CHECK(request.query == "x=1&y");
    CHECK(request.is_chunked);
    CHECK_FALSE(request.content_length.has_value());
    CHECK(request.find_header("x-y") == "z");
    CHECK_FALSE(request.find_header("trailer").has_value());
    CHECK(feed.body.all == "hello world12345");
    CHECK(feed.parser.body_bytes() == 16);
    CHECK(feed.rest.empty());
  }
}

TEST_CASE("an empty chunked body ends however it is cut") {
  const std::string text =
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Feed feed;
    feed.put_in_pieces(text, size);
    CHECK(feed.parser.is_done());
  }
}

TEST_CASE("a chunk is handed on before it is whole") {
  Feed feed;
  feed.put("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc");
  CHECK(feed.body.all == "abc");
  feed.put("def");
  CHECK(feed.body.pieces == std::vector<std::string>{"abc", "def"});
}

TEST_CASE("a body of known length leaves what is behind it to the next request") {
  Feed feed;
  feed.put("PATCH /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n");
  REQUIRE(feed.parser.is_done());
  CHECK(feed.body.all == "abc");
  CHECK(feed.parser.request().content_length == 3);
  CHECK(feed.rest == "GET / HTTP/1.1\r\n");
}

TEST_CASE("empty lines before a request and the absolute form of a target are accepted") {
  Feed feed;
  feed.put_in_pieces("\r\n\r\nGET http://h:1/p?q HTTP/1.1\r\nHost: h\r\n\r\n", 1);
  REQUIRE(feed.parser.is_done());
  CHECK(feed.parser.request().path == "/p");
  CHECK(feed.parser.request().query == "q");
}

TEST_CASE("whether the connection goes on follows version and Connection header") {
  const auto keeps = [](const std::string& version, const std::string& header) {
    Feed feed;
    feed.put("GET / HTTP/" + version + "\r\nHost: h\r\n" + header + "\r\n");
    REQUIRE(feed.parser.is_done());
    return feed.parser.is_keep_alive();
  };
  CHECK(keeps("1.1", ""));
  CHECK_FALSE(keeps("1.1", "Connection: close\r\n"));
  CHECK_FALSE(keeps("1.0", ""));
  CHECK(keeps("1.0", "Connection: keep-alive\r\n"));
}

TEST_CASE("bodies that two parsers could delimit differently are refused") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
  CHECK(status_of(head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(status_of(head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n") == 400);
  CHECK(status_of(head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n") == 400);
  CHECK(status_of(head + "Content-Length: -3\r\n\r\n") == 400);
  CHECK(status_of(head + "Content-Length: 99999999999999999999\r\n\r\n") == 400);
  CHECK(status_of(head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        400);
  CHECK(status_of(head + "Transfer-Encoding : chunked\r\n\r\n") == 400);
  CHECK(status_of(head + "Transfer-Encoding: gzip\r\n\r\n") == 501);
  CHECK(status_of(head + "Transfer-Encoding: gzip, chunked\r\n\r\n") == 501);
  CHECK(status_of(head + "Transfer-Encoding: chunked, identity\r\n\r\n") == 501);
  CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  CHECK(status_of(chunked + "xyzzy\r\n") == 400);
  CHECK(status_of(chunked + "-1\r\nabc") == 400);
  CHECK(status_of(chunked + "11111111111111111\r\nabc") == 400);
  CHECK(status_of(chunked + "3 \r\nabc\r\n") == 400);
  CHECK(status_of(chunked + "3\r\nabcd\r\n0\r\n\r\n") == 400);
}

TEST_CASE("what is no HTTP/1 request is refused") {
  CHECK(status_of("nonsense\r\n\r\n") == 400);
  CHECK(status_of("GET  / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n") == 400);
  CHECK(status_of(std::string_view("GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 28)) == 400);
  CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
  CHECK(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n") == 417);
}

TEST_CASE("a head over its limit is refused, in one piece, in many and without an end") {
  const std::string line = "X-Filler: " + std::string(200, 'x') + "\r\n";
  std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 10; ++i) head += line;
  CHECK(status_of(head + "\r\n") == 431);
  for (const std::size_t size : {1U, 7U, 300U}) {
    Feed feed;
    feed.put_in_pieces(head, size);
    CHECK(feed.parser.failure().status == 431);
  }
  CHECK(status_of("GET /" + std::string(2000, 'x')) == 431);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: h\r\n" + line + line + "\r\n") == 0);
}

TEST_CASE("a chunk's head or trailers without an end are refused") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(status_of(head + "5;" + std::string(10'000, 'x')) == 400);
  CHECK(status_of(head + "0\r\n" + std::string(10'000, 'x')) == 400);
}

TEST_CASE("a body over its limit is refused at once when its length is known") {
  Feed known;
  known.put("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
  known.parser.set_body_limit(10);
  known.parser.set_body_limit(11);  // the last one counts
  known.parser.check_body_length();
  CHECK(known.parser.failure().status == 0);
  known.parser.set_body_limit(10);
  known.parser.check_body_length();
  CHECK(known.parser.failure().status == 413);
  known.put("12345678901");
  CHECK(known.body.all.empty());
}

TEST_CASE("a chunked body over its limit is refused when it gets there") {
  Feed chunked;
  chunked.put("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  chunked.parser.set_body_limit(10);
  chunked.put("a\r\n1234567890\r\n");
  CHECK(chunked.parser.failure().status == 0);
  chunked.put("1\r\nx\r\n");
  CHECK(chunked.parser.failure().status == 413);
  CHECK(chunked.body.all == "1234567890");
}

}  // namespace
}  // namespace vela::net
