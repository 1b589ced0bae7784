#include "core/net/event_stream.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using vela::net::EventStreamParser;
using vela::net::ServerSentEvent;

namespace {

struct Parsed {
  std::vector<std::string> events;  // "id|event|data"
  int comments = 0;
  int retry = -1;
};

Parsed parse(std::string_view text, std::size_t cut) {
  Parsed parsed;
  EventStreamParser parser;
  const auto on_event = [&parsed](const ServerSentEvent& event) {
    parsed.events.push_back(event.id + "|" + event.event + "|" + event.data);
  };
  const auto on_comment = [&parsed] { ++parsed.comments; };
  CHECK(parser.put(text.substr(0, cut), on_event, on_comment));
  CHECK(parser.put(text.substr(cut), on_event, on_comment));
  parsed.retry = parser.retry_ms();
  return parsed;
}

}  // namespace

TEST_CASE("a stream is read the same however it is cut, with every kind of line end") {
  const std::string text =
      "retry: 500\r\n\r\nid: 1\nevent: log\ndata: a\ndata: b\n\n: hb\n\nevent:end\rdata\r\r";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CAPTURE(cut);
    const Parsed parsed = parse(text, cut);
    REQUIRE(parsed.events.size() == 2);
    CHECK(parsed.events[0] == "1|log|a\nb");
    CHECK(parsed.events[1].ends_with("|end|"));
    CHECK(parsed.comments == 1);
    CHECK(parsed.retry == 500);
  }
}

TEST_CASE("an event without data is none, and an unfinished one at the end is not told") {
  CHECK(parse("event: log\n\n", 0).events.empty());
  CHECK(parse("data: x\n", 0).events.empty());
}

TEST_CASE("what is written is read back, line feeds included") {
  std::string text;
  vela::net::put_event(text, "1-5", "log", "one\ntwo");
  vela::net::put_event(text, "", "hello", "{}");
  const Parsed parsed = parse(text, 3);
  REQUIRE(parsed.events.size() == 2);
  CHECK(parsed.events[0] == "1-5|log|one\ntwo");
  CHECK(parsed.events[1].ends_with("hello|{}"));
}

TEST_CASE("a line without end is given up, not gathered for ever") {
  EventStreamParser parser;
  const auto on_event = [](const ServerSentEvent&) {};
  bool goes_on = true;
  for (int i = 0; i < 40 && goes_on; ++i)
    goes_on = parser.put(std::string(1024 * 1024, 'x'), on_event, [] {});
  CHECK_FALSE(goes_on);
}
