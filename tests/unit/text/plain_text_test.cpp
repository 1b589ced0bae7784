#include "core/text/plain_text.hpp"

#include <string>

#include <doctest/doctest.h>

using vela::text::PlainText;

namespace {

std::string whole(std::string_view bytes) {
  PlainText text;
  std::string out = text.put(bytes);
  return out + text.finish();
}

}  // namespace

TEST_CASE("text without controls stays as it is") {
  CHECK(whole("one\ntwo\n") == "one\ntwo\n");
  CHECK(whole("no line end") == "no line end");
}

TEST_CASE("colours are removed") { CHECK(whole("\x1b[31mred\x1b[0m\n") == "red\n"); }

TEST_CASE("of an overwritten line its last state is kept") {
  CHECK(whole("10%\r50%\r100%\ndone\n") == "100%\ndone\n");
}

TEST_CASE("a carriage return before the line feed is part of the line end") {
  CHECK(whole("one\r\ntwo\r\r\n") == "one\ntwo\n");
}

TEST_CASE("any cut of the input gives the same text") {
  const std::string input =
      "a\x1b[1mb\rc\r\nd\xc3\xa9\n\x1b]0;title\x07"
      "e";
  const std::string expected = whole(input);
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    PlainText text;
    std::string out = text.put(std::string_view(input).substr(0, cut));
    out += text.put(std::string_view(input).substr(cut));
    out += text.finish();
    CHECK(out == expected);
  }
}

TEST_CASE("a line without end is given out in bounded pieces") {
  PlainText text;
  std::size_t total = 0;
  for (int i = 0; i < 100; ++i) total += text.put(std::string(10'000, 'x')).size();
  CHECK(total >= 1'000'000 - 70'000);
  CHECK(total + text.finish().size() == 1'000'000);
}
