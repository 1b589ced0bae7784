#include <string>

#include <doctest/doctest.h>

#include "core/base/encoding.hpp"
#include "core/base/query.hpp"

using namespace vela::base;

TEST_CASE("hex goes there and back") {
  const std::string bytes("\x00\x7f\xff", 3);
  CHECK(to_hex(bytes) == "007fff");
  CHECK(from_hex("007FfF") == bytes);
  CHECK_FALSE(from_hex("0").has_value());
  CHECK_FALSE(from_hex("0g").has_value());
}

TEST_CASE("percent-encoding goes there and back") {
  const std::string bytes("a b/\xc3\xa9%+", 8);
  CHECK(percent_encode(bytes) == "a%20b%2F%C3%A9%25%2B");
  CHECK(percent_decode(percent_encode(bytes)) == bytes);
  CHECK(percent_decode("a+b") == "a+b");
  for (const char* bad : {"%", "%4", "%4g", "a%"}) CHECK_FALSE(percent_decode(bad).has_value());
}

TEST_CASE("a query is found by name, the first of equal ones, with or without a value") {
  const auto query = Query::parse("offset=3&name=a%20b%26c&final&offset=4").value();
  CHECK(query.find("offset") == "3");
  CHECK(query.find("name") == "a b&c");
  CHECK(query.find("final") == "");
  CHECK_FALSE(query.find("length").has_value());
}

TEST_CASE("a query that was written is read back") {
  Query query;
  query.add("name", "a=b&c d%");
  query.add("x", "");
  CHECK(Query::parse(query.to_string()).value().find("name") == "a=b&c d%");
}

TEST_CASE("a malformed query is refused") {
  for (const char* bad : {"a=%", "a=%zz", "a=\x01"}) CHECK_FALSE(Query::parse(bad).has_value());
}
