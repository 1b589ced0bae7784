#include "core/follow/screen.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace vela;
using namespace vela::follow;

TEST_CASE("output and talk leave the screen in the order in which they came") {
  Screen screen;
  screen.put("log");
  screen.talk("said");
  CHECK_FALSE(screen.next());  // not committed yet
  screen.commit();
  screen.put("more");
  screen.commit();

  auto piece = screen.next();
  REQUIRE(piece);
  CHECK(piece->bytes == "log");
  CHECK(piece->to == logs::Stream::out);
  screen.free(*piece);
  piece = screen.next();
  REQUIRE(piece);
  CHECK(piece->bytes == "said");
  CHECK(piece->to == logs::Stream::err);
  screen.free(*piece);
  piece = screen.next();
  REQUIRE(piece);
  CHECK(piece->bytes == "more");
  screen.free(*piece);
  CHECK(screen.is_empty());
  CHECK_FALSE(screen.next());
}

TEST_CASE("a screen is full at a mebibyte and has room again when half of it was taken") {
  Screen screen;
  const std::string block(64 * 1024, 'x');
  while (!screen.is_full()) {
    screen.put(block);
    screen.commit();
  }
  CHECK_FALSE(screen.has_room());
  std::size_t taken = 0;
  while (!screen.has_room()) {
    const auto piece = screen.next();
    REQUIRE(piece);
    CHECK(piece->bytes.size() <= Screen::kMaxWriteBytes);
    taken += piece->bytes.size();
    screen.free(*piece);
  }
  CHECK(taken >= Screen::kMaxBytes / 4);
  CHECK_FALSE(screen.is_full());
}
