#include "core/net/bearer_token.hpp"

#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::net;

namespace {

void write(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

// The one header that `token` adds, "" for none.
std::string shown(const BearerToken& token) {
  ClientRequest request;
  token.add_to(request);
  if (request.headers.empty()) return {};
  CHECK(request.headers.front().first == "Authorization");
  return request.headers.front().second;
}

}  // namespace

TEST_CASE("a token comes from a file or a text, without what stands around it") {
  const test::TempDir dir;
  write(dir / "token", " abc.DEF-1~+/=\r\n\n");
  CHECK(shown(BearerToken()).empty());
  CHECK(shown(BearerToken::load("", "").value()).empty());
  CHECK(shown(BearerToken::load("", "xyz").value()) == "Bearer xyz");
  CHECK(shown(BearerToken::load(dir / "token", "").value()) == "Bearer abc.DEF-1~+/=");
  CHECK(shown(BearerToken::load(dir / "token", "xyz").value()) == "Bearer abc.DEF-1~+/=");
}

TEST_CASE("what could add a header, or is none, is no token, and no message repeats it") {
  const test::TempDir dir;
  for (const std::string& wrong :
       {std::string("\n"), std::string("secret\r\nX: y"), std::string("secret two"),
        std::string("secret\0", 7), "secret" + std::string(8192, 'x')}) {
    write(dir / "token", wrong);
    const auto from_file = BearerToken::load(dir / "token", "");
    REQUIRE(from_file.has_error());
    CHECK(from_file.error().code() == ErrorCode::invalid);
    CHECK(from_file.error().text().find("secret") == std::string::npos);
    CHECK(from_file.error().text().find(dir / "token") != std::string::npos);
    CHECK(BearerToken::load("", wrong).has_error());
  }
  const auto missing = BearerToken::load(dir / "nothing", "");
  REQUIRE(missing.has_error());
  CHECK(missing.error().text().find("No such file") != std::string::npos);
}

TEST_CASE("a file that was renewed is noticed, one that is bad at the moment changes nothing") {
  const test::TempDir dir;
  write(dir / "token", "one");
  BearerToken token = BearerToken::load(dir / "token", "").value();
  CHECK_FALSE(token.reload());
  write(dir / "token", "");
  CHECK_FALSE(token.reload());
  CHECK(shown(token) == "Bearer one");
  write(dir / "token", "two\n");
  CHECK(token.reload());
  CHECK(shown(token) == "Bearer two");
  CHECK_FALSE(token.reload());
}
