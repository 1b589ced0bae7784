#include "core/text/utf8.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace vela::text {
namespace {

using namespace std::string_view_literals;

TEST_CASE("well-formed text stays as it is") {
  const std::string_view text = "plain, é, €, 😀, \0 and \x7F"sv;
  CHECK(to_valid_utf8(text) == text);
  CHECK(to_valid_utf8("").empty());
}

TEST_CASE("each maximal ill-formed part becomes one U+FFFD") {
  CHECK(to_valid_utf8("a\xFFz") == "a\uFFFDz");
  CHECK(to_valid_utf8("\xE2\x82z") == "\uFFFDz");
  CHECK(to_valid_utf8("\xF0\x9F\x98") == "\uFFFD");
  // The example of the Unicode Standard, table 3-8 and 3-11.
  CHECK(to_valid_utf8("\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64") ==
        "\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
}

TEST_CASE("overlong forms, surrogates and what lies beyond U+10FFFF are ill-formed byte by byte") {
  CHECK(to_valid_utf8("\xC0\xAF") == "\uFFFD\uFFFD");
  CHECK(to_valid_utf8("\xE0\x80\xAF") == "\uFFFD\uFFFD\uFFFD");
  CHECK(to_valid_utf8("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");
  CHECK(to_valid_utf8("\xF4\x90\x80\x80") == "\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(to_valid_utf8("\xF5\x80") == "\uFFFD\uFFFD");
}

TEST_CASE("an ill-formed byte is found wherever it stands in a long text") {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string bytes(40, 'x');
    bytes[at] = '\x80';
    const std::string expected = std::string(at, 'x') + "\uFFFD" + std::string(39 - at, 'x');
    CHECK(to_valid_utf8(bytes) == expected);
  }
}

TEST_CASE("the unfinished tail is what more bytes could make a character") {
  CHECK(unfinished_tail("") == 0);
  CHECK(unfinished_tail("abc") == 0);
  CHECK(unfinished_tail("abc\xC3") == 1);
  CHECK(unfinished_tail("abc\xE2\x82") == 2);
  CHECK(unfinished_tail("abc\xF0\x9F\x98") == 3);
  CHECK(unfinished_tail("\xF0\x9F\x98") == 3);
}

TEST_CASE("a finished or hopeless end is no unfinished tail") {
  CHECK(unfinished_tail("€") == 0);
  CHECK(unfinished_tail("😀") == 0);
  CHECK(unfinished_tail("\x80\x80") == 0);
  CHECK(unfinished_tail("\xE0\x80") == 0);  // overlong whatever follows
  CHECK(unfinished_tail("\xFF") == 0);
  CHECK(unfinished_tail("\xE2\x28") == 0);
}

TEST_CASE("text that is cut anywhere and joined at unfinished tails stays the same") {
  const std::string_view text = "aé€😀b\xE2\x82!\xF0\x9F"sv;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view head = text.substr(0, cut);
    const std::size_t shown = head.size() - unfinished_tail(head);
    CHECK(to_valid_utf8(text.substr(0, shown)) + to_valid_utf8(text.substr(shown)) ==
          to_valid_utf8(text));
  }
}

}  // namespace
}  // namespace vela::text
