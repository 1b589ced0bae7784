#include "core/logs/socket_message.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace vela::logs;

TEST_CASE("an output message names its offset and carries the body unchanged") {
  for (const Offset offset : {Offset{0}, Offset{127}, Offset{128}, Offset{1} << 62}) {
    std::string message;
    put_output_head(message, offset);
    message += std::string("\x01\x00rest", 6);
    const auto output = parse_output(message);
    REQUIRE(output.has_value());
    CHECK(output->offset == offset);
    CHECK(output->body == std::string_view("\x01\x00rest", 6));
  }
}

TEST_CASE("a message that begins with no offset is none") {
  const std::string overlong(11, '\x80');
  std::string beyond;
  put_output_head(beyond, ~Offset{0});
  for (const std::string& message : {std::string(), std::string("\x80"), overlong, beyond})
    CHECK_FALSE(parse_output(message).has_value());
}

TEST_CASE("a seal goes into text and comes back") {
  Seal seal;
  seal.length = 1234;
  seal.from = 34;
  seal.sha256 = std::string(64, 'a');
  seal.status = StepStatus::killed;
  seal.exit_code = -1;
  seal.dropped = 5;
  seal.lost = 6;
  seal.reason = "said \"so\"";
  const auto back = parse_control(to_text(seal));
  REQUIRE(back.has_value());
  REQUIRE(std::holds_alternative<Seal>(*back));
  CHECK(std::get<Seal>(*back) == seal);
  const auto plain = parse_control(R"({"length":0})");
  REQUIRE(plain.has_value());
  CHECK(std::get<Seal>(*plain) == Seal{});
}

TEST_CASE("a wish for durable bytes goes into text and comes back") {
  const auto back = parse_control(to_text(DurableWish{77}));
  REQUIRE(back.has_value());
  CHECK(std::get<DurableWish>(*back) == DurableWish{77});
}

TEST_CASE("any other text is refused, and what is wrong is named") {
  struct Case {
    const char* text;
    const char* word;
  };
  for (const Case& bad : {Case{"", "JSON"}, Case{"[]", "JSON"}, Case{"{}", "neither"},
                          Case{R"({"length":-1})", "length"}, Case{R"({"length":1.5})", "length"},
                          Case{R"({"length":1,"sha256":"x"})", "sha256"},
                          Case{R"({"length":1,"exit_code":{}})", "exit_code"},
                          Case{R"({"durable":-1})", "durable"}}) {
    CAPTURE(bad.text);
    const auto message = parse_control(bad.text);
    REQUIRE_FALSE(message.has_value());
    CHECK(message.error().text().find(bad.word) != std::string::npos);
  }
}
