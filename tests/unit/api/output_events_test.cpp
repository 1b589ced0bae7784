#include <memory>
#include <string>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "core/api/event_encoder.hpp"

using vela::api::OutputEvents;
using vela::logs::Chunk;
using vela::logs::ChunkSlice;
using vela::logs::LogId;
using vela::logs::Offset;
using vela::logs::Stream;

namespace {

LogId log_id() { return LogId::parse("octocat/hello/42/steps/3").value(); }

ChunkSlice piece(Offset begin, std::string bytes, Stream stream) {
  Chunk chunk{begin,
              std::move(bytes),
              {{begin, vela::base::from_unix_micros(1'700'000'000'123'456), stream}}};
  const auto shared = std::make_shared<const Chunk>(std::move(chunk));
  return {shared, shared->begin, shared->end()};
}

std::string text_of(const OutputEvents::Event& event) {
  return std::string(boost::json::parse(event.json).as_object().at("text").as_string());
}

}  // namespace

TEST_CASE("an event names its log, place, time and stream") {
  OutputEvents output(log_id());
  const auto events = output.put({piece(512, "hello\n", Stream::out)});
  REQUIRE(events.size() == 1);
  CHECK(events[0].end == 518);
  CHECK(events[0].json ==
        R"({"log":"octocat/hello/42/steps/3","offset":512,"time":1700000000123.456,)"
        R"("stream":"stdout","text":"hello\n"})");
}

TEST_CASE("a character cut between two pieces comes whole with the second") {
  OutputEvents output(log_id());
  const auto first = output.put({piece(0, "caf\xc3", Stream::out)});
  REQUIRE(first.size() == 1);
  CHECK(text_of(first[0]) == "caf");
  CHECK(first[0].end == 3);
  const auto second = output.put({piece(4, "\xa9!", Stream::out)});
  REQUIRE(second.size() == 1);
  CHECK(text_of(second[0]) == "\xc3\xa9!");
  CHECK(second[0].end == 6);
}

TEST_CASE("a character is not joined across two streams") {
  OutputEvents output(log_id());
  CHECK(output.put({piece(0, "\xc3", Stream::out)}).empty());
  const auto events = output.put({piece(1, "\xa9", Stream::err)});
  REQUIRE(events.size() == 2);
  CHECK(text_of(events[0]) == "\xef\xbf\xbd");
  CHECK(events[0].end == 1);
  CHECK(text_of(events[1]) == "\xef\xbf\xbd");
  CHECK(events[1].end == 2);
}

TEST_CASE("what is held back at the end of the log comes as a replacement character") {
  OutputEvents output(log_id());
  CHECK(output.put({piece(0, "\xe2\x82", Stream::out)}).empty());
  const auto events = output.finish();
  REQUIRE(events.size() == 1);
  CHECK(text_of(events[0]) == "\xef\xbf\xbd");
  CHECK(events[0].end == 2);
  CHECK(output.finish().empty());
}

TEST_CASE("NUL, quotes and controls survive as JSON") {
  const std::string bytes("a\0\"\x1b\\\n", 6);
  OutputEvents output(log_id());
  const auto events = output.put({piece(0, bytes, Stream::out)});
  REQUIRE(events.size() == 1);
  CHECK(text_of(events[0]) == bytes);
}
