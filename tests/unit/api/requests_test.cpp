#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "core/api/follow_request.hpp"
#include "core/api/read_request.hpp"
#include "core/api/write_request.hpp"

using vela::base::Query;
using vela::logs::BuildId;
using vela::logs::LogId;
using vela::net::Request;

namespace {

Query query_of(std::string_view text) { return Query::parse(text).value(); }

Request with_header(std::string name, std::string value) {
  Request request;
  request.headers.emplace_back(std::move(name), std::move(value));
  return request;
}

}  // namespace

TEST_CASE("a write without an id is anonymous and gets one of its own") {
  const auto first = vela::api::parse_write(Request(), query_of("offset=0"));
  const auto second = vela::api::parse_write(Request(), query_of("offset=0"));
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(first->claim.is_anonymous);
  CHECK(first->claim.writer != second->claim.writer);
}

TEST_CASE("bad parameters of a write are named") {
  const auto text = [](const Request& request, std::string_view query) {
    const auto write = vela::api::parse_write(request, query_of(query));
    return write ? std::string() : write.error().text();
  };
  CHECK(text(Request(), "offset=-1").find("offset") != std::string::npos);
  CHECK(text(Request(), "offset=1x").find("offset") != std::string::npos);
  CHECK(text(Request(), "takeover=12").find("takeover") != std::string::npos);
  CHECK(text(Request(), "final=1&length=1&sha256=zz").find("sha256") != std::string::npos);
  CHECK(text(Request(), "final=1&length=1&status=running").find("status") != std::string::npos);
  CHECK(text(Request(), "final=1&length=1&from=2").find("from") != std::string::npos);
  CHECK(text(with_header("Vela-Logs-Writer", "me"), "").find("Writer") != std::string::npos);
}

TEST_CASE("a writer may tell its clock and how long an answer takes, and does so in full") {
  const auto told = vela::api::parse_write(
      with_header("Vela-Logs-Clock", "1700000000000123;rtt=1234"), query_of("offset=0"));
  REQUIRE(told.has_value());
  REQUIRE(told->claim.clock.has_value());
  CHECK(vela::base::to_unix_micros(told->claim.clock->sent) == 1'700'000'000'000'123);
  CHECK(told->claim.clock->round_trip == std::chrono::microseconds(1234));
  CHECK(told->claim.clock->arrived <= vela::base::wall_now());
  CHECK_FALSE(vela::api::parse_write(Request(), Query())->claim.clock.has_value());
  for (const std::string wrong : {"", "noon", "1700000000000123", "1;rtt=", "1;rtt=-1", ";rtt=1",
                                  "1;rtt=1;x", "999999999999999999;rtt=1"}) {
    CAPTURE(wrong);
    const auto write =
        vela::api::parse_write(with_header("Vela-Logs-Clock", wrong), query_of("offset=0"));
    REQUIRE_FALSE(write.has_value());
    CHECK(write.error().text().find("Vela-Logs-Clock") != std::string::npos);
  }
}

TEST_CASE("frames are known by their content type, with parameters too") {
  const auto framed = vela::api::parse_write(
      with_header("content-type", "application/vnd.vela-logs.frames; v=1"), Query());
  REQUIRE(framed.has_value());
  CHECK(framed->is_framed);
  const auto raw = vela::api::parse_write(with_header("Content-Type", "text/plain"), Query());
  REQUIRE(raw.has_value());
  CHECK_FALSE(raw->is_framed);
}

TEST_CASE("a long poll waits for at most half a minute, whatever it reads") {
  const Query good = query_of("cursor=1-5&wait=30");
  const Query bad = query_of("cursor=1-5&wait=31");
  const BuildId build = BuildId::parse("octocat/hello/42").value();
  CHECK(vela::api::parse_read(Request(), good)->wait == std::chrono::seconds(30));
  CHECK(vela::api::parse_follow(Request(), good)->wait == std::chrono::seconds(30));
  CHECK_FALSE(vela::api::parse_read(Request(), bad).has_value());
  CHECK_FALSE(vela::api::parse_follow(Request(), bad).has_value());
  CHECK(vela::api::parse_build_follow(Request(), query_of("wait=0"), build)->wait ==
        std::chrono::seconds(0));
  CHECK_FALSE(vela::api::parse_build_follow(Request(), query_of("wait=x"), build).has_value());
}

TEST_CASE("a range names a part of what is there") {
  const auto resolve = [](std::string range, vela::logs::Offset length) {
    const auto read = vela::api::parse_read(with_header("Range", std::move(range)), Query());
    REQUIRE(read.has_value());
    REQUIRE(read->range);
    const auto span = vela::api::resolve(*read->range, length);
    return span ? std::to_string(span->begin) + "-" + std::to_string(span->end) : "none";
  };
  CHECK(resolve("bytes=0-9", 100) == "0-10");
  CHECK(resolve("bytes=90-", 100) == "90-100");
  CHECK(resolve("bytes=-10", 100) == "90-100");
  CHECK(resolve("bytes=-1000", 100) == "0-100");
  CHECK(resolve("bytes=50-1000", 100) == "50-100");
  CHECK(resolve("bytes=100-", 100) == "none");
  CHECK(resolve("bytes=-0", 100) == "none");
}

TEST_CASE("a range that is none is ignored") {
  for (const char* text :
       {"bytes=", "bytes=-", "bytes=9-1", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5"}) {
    CAPTURE(text);
    const auto read = vela::api::parse_read(with_header("Range", text), Query());
    REQUIRE(read.has_value());
    CHECK_FALSE(read->range);
  }
}

TEST_CASE("a long poll needs a place and waits at most 30 s") {
  CHECK(vela::api::parse_read(Request(), query_of("offset=3&wait=30")).has_value());
  CHECK_FALSE(vela::api::parse_read(Request(), query_of("offset=3&wait=31")).has_value());
  CHECK_FALSE(vela::api::parse_read(Request(), query_of("wait=3")).has_value());
}

TEST_CASE("the last event's id wins over the query") {
  const auto follow =
      vela::api::parse_follow(with_header("Last-Event-ID", "2-100-end"), query_of("cursor=1-5"));
  REQUIRE(follow.has_value());
  CHECK(follow->from.cursor == vela::logs::Cursor{2, 100});
  CHECK(follow->has_seen_end);
}

TEST_CASE("a place in a build is a list") {
  const BuildId build = BuildId::parse("octocat/hello/42").value();
  const auto follow = vela::api::parse_build_follow(
      with_header("Last-Event-ID", "s1:1-204-end,v3:2-99"), Query(), build);
  REQUIRE(follow.has_value());
  const auto& step = follow->places.at(LogId::parse("octocat/hello/42/steps/1").value());
  CHECK(step.cursor == vela::logs::Cursor{1, 204});
  CHECK(step.has_seen_end);
  const auto& service = follow->places.at(LogId::parse("octocat/hello/42/services/3").value());
  CHECK_FALSE(service.has_seen_end);
  for (const char* bad : {"s1", "s1:", "x1:1-2", "s0:1-2"}) {
    CAPTURE(bad);
    CHECK_FALSE(vela::api::parse_build_follow(with_header("Last-Event-ID", bad), Query(), build)
                    .has_value());
  }
}
