#include "core/uplink/reply.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;

namespace {

const std::string kLog = "octocat/hello/42/steps/3";
const std::string kWriter = "0123456789abcdef0123456789abcdef";

Reply read(int status, std::string_view body,
           std::optional<std::chrono::seconds> retry_after = {}) {
  return read_reply(status, body, retry_after, kLog);
}

Refusal refusal(const Reply& reply) {
  REQUIRE(std::holds_alternative<Refusal>(reply));
  return std::get<Refusal>(reply);
}

bool is_failure(const Reply& reply) { return std::holds_alternative<Failure>(reply); }

}  // namespace

TEST_CASE("a conflict is told apart by its reason and carries the offset and the owner") {
  const Refusal gap = refusal(read(409, R"({"error":"hole","reason":"gap","offset":5})"));
  CHECK(gap.kind == RefusalKind::gap);
  CHECK(gap.offset == 5);
  CHECK(gap.text == "hole");
  const Refusal other = refusal(read(
      409, R"({"error":"no","reason":"other_writer","offset":7,"writer":")" + kWriter + "\"}"));
  CHECK(other.kind == RefusalKind::other_writer);
  REQUIRE(other.writer.has_value());
  CHECK(other.writer->to_string() == kWriter);
  CHECK(refusal(read(409, R"({"error":"x","reason":"sealed","offset":7})")).kind ==
        RefusalKind::sealed);
  for (const char* reason : {"replaced", "diverged"}) {
    CAPTURE(reason);
    const std::string body = R"({"error":"x","reason":")" + std::string(reason) + "\"}";
    CHECK(refusal(read(409, body)).kind == RefusalKind::rejected);
  }
}

TEST_CASE("a conflict without a reason of ours is a failure like any other") {
  CHECK(is_failure(read(409, "")));
  CHECK(is_failure(read(409, "<html>conflict</html>")));
  CHECK(is_failure(read(409, R"({"error":"x","reason":"weather"})")));
  CHECK(is_failure(read(409, R"({"error":"x","reason":"gap"})")));  // without the offset
  CHECK(is_failure(read(409, R"({"error":"x","reason":"gap","offset":-1})")));
  CHECK(is_failure(read(409, R"([1,2,3])")));
}

TEST_CASE("each status that asks for an answer of its own gets it, the rest is tried again") {
  for (const int status : {400, 410}) {
    CHECK(refusal(read(status, R"({"error":"gone"})")).kind == RefusalKind::rejected);
    // Somebody in between does not know what our log is.
    CHECK(is_failure(read(status, "<html>Bad Request</html>")));
  }
  for (const int status : {401, 403})
    CHECK(refusal(read(status, "")).kind == RefusalKind::not_allowed);
  CHECK(refusal(read(413, "<html>nginx</html>")).kind == RefusalKind::too_large);
  for (const int status : {429, 503}) CHECK(refusal(read(status, "")).kind == RefusalKind::busy);
  for (const int status : {100, 204, 301, 404, 408, 500, 502, 504})
    CHECK(is_failure(read(status, "")));
}

TEST_CASE("Retry-After is taken in seconds and never silences a step for more than five minutes") {
  const base::WallTime now(784'111'777s);
  CHECK(parse_retry_after("7", {}, now) == 7s);
  CHECK(parse_retry_after("99999999", {}, now) == 300s);
  CHECK(refusal(read(503, "", 7s)).retry_after == 7s);
  CHECK(refusal(read(429, "", 7s)).retry_after == 7s);
  CHECK_FALSE(refusal(read(503, "")).retry_after.has_value());
  for (const char* neither : {"", "soon", "-1", "7 s"})
    CHECK_FALSE(parse_retry_after(neither, {}, now).has_value());
}

TEST_CASE("Retry-After is taken as a date too, by the clock of who wrote it") {
  const base::WallTime now(784'111'777s);
  const char* const until = "Sun, 06 Nov 1994 08:49:47 GMT";
  CHECK(parse_retry_after(until, {}, now) == 10s);
  CHECK(parse_retry_after(until, {}, now - 9h) == 300s);
  CHECK(parse_retry_after(until, {}, now + 9h) == 0s);
  CHECK(parse_retry_after(until, "Sun, 06 Nov 1994 08:49:40 GMT", now + 9h) == 7s);
}

TEST_CASE("what a server says is harmless on a terminal and short") {
  CHECK(refusal(read(400, R"({"error":"\u001b[2Jbad\nname"})")).text == "?[2Jbad?name");
  const std::string flood = R"({"error":")" + std::string(100'000, 'x') + "\"}";
  CHECK(refusal(read(400, flood)).text.size() == 300);
  CHECK(refusal(read(413, "")).text == "HTTP 413");
}

TEST_CASE("a text of a WebSocket is an acknowledgement, a refusal, or proves nothing") {
  const std::string log = "octocat/hello/42/steps/3";
  logs::Acknowledgement ack;
  ack.log = log;
  CHECK(std::holds_alternative<logs::Acknowledgement>(read_message(ack.to_json(), log)));
  CHECK(is_failure(read_message(ack.to_json(), "octocat/hello/42/steps/4")));
  const Reply gap = read_message(R"({"error":"gap","reason":"gap","offset":7})", log);
  CHECK(refusal(gap).kind == RefusalKind::gap);
  CHECK(refusal(gap).offset == 7);
  CHECK(is_failure(read_message(R"({"error":"bad message"})", log)));
  CHECK(is_failure(read_message("hello", log)));
}
