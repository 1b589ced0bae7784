#include "core/text/terminal_sanitizer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "core/text/utf8.hpp"

namespace vela::text {
namespace {

using namespace std::string_view_literals;

std::string sanitized(std::string_view bytes, bool keep_colors = true) {
  TerminalSanitizer sanitizer(keep_colors);
  std::string safe = sanitizer.put(bytes);
  return safe + sanitizer.finish();
}

TEST_CASE("text, line ends, tabs and backspaces stay") {
  const std::string_view text = "a\tb\b\r\nüñí €😀 done\n";
  CHECK(sanitized(text) == text);
}

TEST_CASE("colours and attributes stay, or go when they are not wanted") {
  CHECK(sanitized("\x1B[1;31mred\x1B[0m") == "\x1B[1;31mred\x1B[0m");
  CHECK(sanitized("\x1B[38:2::1:2:3mred\x1B[m") == "\x1B[38:2::1:2:3mred\x1B[m");
  CHECK(sanitized("\x1B[1;31mred\x1B[0m", false) == "red");
}

TEST_CASE("a colour written with the 8-bit introducer becomes the 7-bit one") {
  CHECK(sanitized("\xC2\x9B"
                  "31mred") == "\x1B[31mred");
}

TEST_CASE("cursor movement, screen changes and modes are removed") {
  CHECK(sanitized("a\x1B[2J\x1B[1;1Hb\x1B[?1049hc\x1B[6nd") == "abcd");
  CHECK(sanitized("\x1B"
                  "c\x1B(B\x1B#8\x1B=x") == "x");
  CHECK(sanitized("\x1B[>4;2mx\x1B[?4mx\x1B[1 mx") == "xxx");  // they end in m and are no SGR
}

TEST_CASE("titles, links, clipboard writes and device strings are removed however they end") {
  CHECK(sanitized("\x1B]0;title\x07x") == "x");
  CHECK(sanitized("\x1B]8;;http://h/\x1B\\link\x1B]8;;\x1B\\") == "link");
  CHECK(sanitized("\x1B]52;c;Y29weQ==\xC2\x9Cx") == "x");
  CHECK(sanitized("\x1BP$q q\x1B\\\x1B_apc\x1B\\\x1B^pm\x1B\\\x1BXsos\x1B\\\x1Bktitle\x1B\\x") ==
        "x");
  CHECK(sanitized("\xC2\x9D"
                  "0;title\xC2\x9Cx\xC2\x90"
                  "dcs\x07y") == "xy");
}

TEST_CASE("lone control characters are removed, C1 included") {
  CHECK(sanitized("a\0b\x07"
                  "c\x0E"
                  "d\x7F"
                  "e\xC2\x85"
                  "f"sv) == "abcdef");
}

TEST_CASE("invalid bytes become U+FFFD, a raw 8-bit control too") {
  CHECK(sanitized("a\xFFz\x9B"
                  "31m") == "a\uFFFDz\uFFFD31m");
  CHECK(sanitized("cut \xE2\x82") == "cut \uFFFD");
}

TEST_CASE("a sequence that is broken off takes nothing of the text with it") {
  CHECK(sanitized("\x1B[31\nnext") == "\nnext");
  CHECK(sanitized("\x1B]0;no end\nnext line\n") == "0;no end\nnext line\n");
  CHECK(sanitized("\x1B]0;t\x1B[31mred") == "0;t\x1B[31mred");
  CHECK(sanitized("\x1B\x1B[31mred") == "\x1B[31mred");
  CHECK(sanitized("\x1B€") == "€");
}

TEST_CASE("an unfinished sequence is held back until the rest comes") {
  TerminalSanitizer sanitizer(true);
  CHECK(sanitizer.put("a\x1B[3") == "a");
  CHECK(sanitizer.put("1mred\x1B") == "\x1B[31mred");
  CHECK(sanitizer.put("]0;ti") == "");
  CHECK(sanitizer.put("tle\x07z\xE2") == "z");
  CHECK(sanitizer.put("\x82\xAC") == "€");
  CHECK(sanitizer.finish() == "");
}

TEST_CASE("what is unfinished at the end loses its introducer") {
  CHECK(sanitized("a\x1B") == "a");
  CHECK(sanitized("a\x1B]last words") == "alast words");
  CHECK(sanitized("a\x1B[31") == "a31");
}

TEST_CASE("a sequence of 4 KiB is removed, a longer one is given up") {
  const std::string body(4096 - 3, 'x');
  CHECK(sanitized("\x1B]" + body + "\x07z") == "z");
  CHECK(sanitized("\x1B]x" + body + "\x07z") == "x" + body + "z");
  CHECK(sanitized("\x1B[" + std::string(5000, '1') + "mz") == std::string(5000, '1') + "mz");

  TerminalSanitizer sanitizer(true);
  CHECK(sanitizer.put("\x1B]" + std::string(4000, 'x')) == "");
  CHECK(sanitizer.put(std::string(94, 'x')) == std::string(4094, 'x'));
}

TEST_CASE("it is known whether a colour is in force") {
  const auto has_color_after = [](std::string_view bytes) {
    TerminalSanitizer sanitizer(true);
    static_cast<void>(sanitizer.put(bytes));
    return sanitizer.has_color();
  };
  CHECK_FALSE(has_color_after("text"));
  CHECK(has_color_after("\x1B[31m"));
  CHECK(has_color_after("\x1B[0;1m"));
  CHECK(has_color_after("\x1B[38;5;0m"));
  CHECK(has_color_after("\x1B[48;2;0;0;0m"));
  CHECK_FALSE(has_color_after("\x1B[31m\x1B[m"));
  CHECK_FALSE(has_color_after("\x1B[31m\x1B[0m"));
  CHECK_FALSE(has_color_after("\x1B[38;5;7;0m"));

  TerminalSanitizer plain(false);
  static_cast<void>(plain.put("\x1B[31m"));
  CHECK_FALSE(plain.has_color());
}

// ---- any input

// Random bytes, mostly made of what the sanitiser looks at.
std::string random_input(std::mt19937& random) {
  static constexpr std::array kParts{
      "\x1B"sv,     "\x1B["sv,    "\x1B]"sv,
      "\x1BP"sv,    "\x1B\\"sv,   "\x07"sv,
      "\xC2\x9B"sv, "\xC2\x9D"sv, "\xC2\x9C"sv,
      "\xC2"sv,     "0;31"sv,     "m"sv,
      "?25h"sv,     "text"sv,     "\n"sv,
      "\r\t\b"sv,   "é"sv,        "😀"sv,
      "\xE2\x82"sv, "\xF0"sv,     "\x80"sv,
      "\xFF"sv,     "\0"sv,       "\x7F"sv,
      "38;5;1"sv,   " "sv,        "a long plain run of text without anything in it "sv};
  std::string input;
  const int parts = static_cast<int>(random() % 40);
  for (int i = 0; i < parts; ++i) {
    const std::size_t choice = random() % (kParts.size() + 2);
    if (choice < kParts.size()) {
      input += kParts[choice];
    } else if (choice == kParts.size()) {
      input += static_cast<char>(random() % 256);
    } else if (random() % 8 == 0) {
      input.append(random() % 5000, '1');  // long enough to be given up
    }
  }
  return input;
}

// The length of the SGR that `text` begins with; 0 when it begins with none.
std::size_t sgr_length(std::string_view text) {
  if (text.substr(0, 2) != "\x1B[") return 0;
  const std::size_t last = text.find_first_not_of("0123456789;:", 2);
  return last != std::string_view::npos && text[last] == 'm' ? last + 1 : 0;
}

bool is_safe(std::string_view text) {
  if (to_valid_utf8(text) != text) return false;
  while (!text.empty()) {
    const std::size_t sgr = sgr_length(text);
    text.remove_prefix(sgr);
    if (sgr > 0) continue;
    const auto byte = static_cast<std::uint8_t>(text.front());
    const bool is_kept_control = "\n\r\t\b"sv.find(text.front()) != std::string_view::npos;
    if (byte == 0x7F || (byte < 0x20 && !is_kept_control)) return false;
    if (byte == 0xC2 && static_cast<std::uint8_t>(text[1]) < 0xA0) return false;
    text.remove_prefix(1);
  }
  return true;
}

TEST_CASE("whatever comes in, what comes out is safe and does not depend on the cuts") {
  std::mt19937 random(20240521);  // NOLINT(cert-msc51-cpp): a failure must be repeatable
  for (int round = 0; round < 4000; ++round) {
    const std::string input = random_input(random);
    const bool keep_colors = round % 2 == 0;
    CAPTURE(round);
    const std::string whole = sanitized(input, keep_colors);
    REQUIRE(is_safe(whole));
    if (!keep_colors) REQUIRE(whole.find('\x1B') == std::string::npos);

    TerminalSanitizer sanitizer(keep_colors);
    std::string pieces;
    std::string_view rest = input;
    const std::size_t max_piece = 1 + random() % 60;
    while (!rest.empty()) {
      const std::size_t length = std::min(rest.size(), random() % (max_piece + 1));
      pieces += sanitizer.put(rest.substr(0, length));
      rest.remove_prefix(length);
    }
    pieces += sanitizer.finish();
    REQUIRE(pieces == whole);
    REQUIRE(sanitized(whole, keep_colors) == whole);  // nothing is left to remove
  }
}

}  // namespace
}  // namespace vela::text
