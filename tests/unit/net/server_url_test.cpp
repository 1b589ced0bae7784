#include "core/net/server_url.hpp"

#include <doctest/doctest.h>

namespace vela::net {
namespace {

TEST_CASE("a target is asked for at a server, whichever way that is reached") {
  CHECK(url_at("http://127.0.0.1:8080", "/x?y=1") == "http://127.0.0.1:8080/x?y=1");
  CHECK(url_at("https://h/below//", "/x") == "https://h/below/x");
  CHECK(url_at("unix:/run/vela.sock", "/x?y=1") == "unix:/run/vela.sock:/x?y=1");
}

TEST_CASE("a URL of a Unix socket is taken apart into the socket and what to ask for") {
  const auto split = split_unix_url(url_at("unix:/run/vela.sock", "/x?from=a:/b"));
  REQUIRE(split.has_value());
  CHECK(split->socket == "/run/vela.sock");
  CHECK(split->url == "http://localhost/x?from=a:/b");
  CHECK_FALSE(split_unix_url("http://unix:80/x").has_value());
}

}  // namespace
}  // namespace vela::net
