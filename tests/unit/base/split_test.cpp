#include "core/base/split.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using vela::base::split;
using Parts = std::vector<std::string_view>;

TEST_CASE("there is one part more than separators, empty ones too") {
  CHECK(split("a,b,c", ',') == Parts{"a", "b", "c"});
  CHECK(split("a", ',') == Parts{"a"});
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",a,,", ',') == Parts{"", "a", "", ""});
}
