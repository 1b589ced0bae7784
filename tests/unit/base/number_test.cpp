#include "core/base/number.hpp"

#include <doctest/doctest.h>

using vela::base::kLargestNumber;
using vela::base::parse_number;

TEST_CASE("a number is decimal digits and nothing else") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("007") == 7);
  CHECK(parse_number("9223372036854775807") == kLargestNumber);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "-0", "0x10", "1e3", "1.0", "one"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
}

TEST_CASE("a number above the most is none") {
  CHECK_FALSE(parse_number("9223372036854775808"));
  CHECK_FALSE(parse_number("99999999999999999999999"));
  CHECK(parse_number("65535", 65535) == 65535);
  CHECK_FALSE(parse_number("65536", 65535));
}
