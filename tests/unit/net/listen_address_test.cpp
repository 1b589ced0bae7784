#include "core/net/listen_address.hpp"

#include <doctest/doctest.h>

#include "core/net/http_server.hpp"

namespace vela::net {
namespace {

TEST_CASE("the four forms of an address are understood") {
  const auto v4 = ListenAddress::parse("127.0.0.1:8080");
  REQUIRE(v4.has_value());
  CHECK(v4->host == "127.0.0.1");
  CHECK(v4->port == 8080);
  const auto v6 = ListenAddress::parse("[::1]:0");
  REQUIRE(v6.has_value());
  CHECK(v6->host == "::1");
  CHECK(v6->port == 0);
  const auto all = ListenAddress::parse(":80");
  REQUIRE(all.has_value());
  CHECK(all->host.empty());
  const auto path = ListenAddress::parse("unix:/run/x:1");
  REQUIRE(path.has_value());
  CHECK(path->unix_path == "/run/x:1");
}

TEST_CASE("anything else is invalid, and the text shows what is valid") {
  for (const char* text : {"", "8080", "localhost", "localhost:", "localhost:http",
                           "localhost:65536", "localhost:-1", "::1:80", "[::1]", "[::1:80",
                           "[x]:80", "[]:80", "http://localhost:80", "a b:80", "unix:"}) {
    CAPTURE(text);
    const auto address = ListenAddress::parse(text);
    REQUIRE_FALSE(address.has_value());
    CHECK(address.error().code() == ErrorCode::invalid);
    CHECK(address.error().text().find("127.0.0.1:8080") != std::string::npos);
  }
}

}  // namespace
}  // namespace vela::net
