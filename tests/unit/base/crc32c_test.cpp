#include "core/base/crc32c.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace vela::base;

TEST_CASE("CRC-32C of the published examples") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
}

TEST_CASE("both ways of computing agree, whole and in pieces") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text.push_back(static_cast<char>(i * 7));
  for (const std::size_t cut : {0, 1, 7, 8, 9, 500, 999, 1000}) {
    CAPTURE(cut);
    const std::string head = text.substr(0, cut);
    const std::string tail = text.substr(cut);
    CHECK(crc32c(tail, crc32c(head)) == crc32c(text));
    CHECK(crc32c_portable(tail, crc32c_portable(head)) == crc32c(text));
  }
}
