#include "core/text/line_splitter.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace vela::text {
namespace {

TEST_CASE("pieces lie within one line each and know where they stand") {
  LineSplitter splitter;
  std::string_view text = "one\n\ntw";

  LinePiece piece = splitter.next(text);
  CHECK(piece.text == "one\n");
  CHECK(piece.begins_line);
  CHECK(piece.ends_line);

  piece = splitter.next(text);
  CHECK(piece.text == "\n");
  CHECK(piece.begins_line);
  CHECK(piece.ends_line);

  piece = splitter.next(text);
  CHECK(piece.text == "tw");
  CHECK(piece.begins_line);
  CHECK_FALSE(piece.ends_line);
  CHECK(text.empty());
}

TEST_CASE("a line goes on in the next text") {
  LineSplitter splitter;
  CHECK(splitter.is_at_line_start());
  std::string_view text = "tw";
  static_cast<void>(splitter.next(text));
  CHECK_FALSE(splitter.is_at_line_start());

  text = "o\nthree";
  const LinePiece piece = splitter.next(text);
  CHECK(piece.text == "o\n");
  CHECK_FALSE(piece.begins_line);
  CHECK(piece.ends_line);
  CHECK(splitter.is_at_line_start());
  CHECK(text == "three");
}

TEST_CASE("pieces put together are the text, and a carriage return ends no line") {
  const std::string whole = "a\r\nb\rc\n\n\nlast";
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    LineSplitter splitter;
    std::string joined;
    int lines = 0;
    for (std::string_view text :
         {std::string_view(whole).substr(0, cut), std::string_view(whole).substr(cut)}) {
      while (!text.empty()) {
        const LinePiece piece = splitter.next(text);
        joined += piece.text;
        lines += piece.ends_line ? 1 : 0;
      }
    }
    CHECK(joined == whole);
    CHECK(lines == 4);
  }
}

}  // namespace
}  // namespace vela::text
