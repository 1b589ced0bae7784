#include <string>

#include <doctest/doctest.h>

#include "core/logs/acknowledgement.hpp"
#include "core/logs/log_state.hpp"

using namespace vela;
using namespace vela::logs;

TEST_CASE("a seal goes into a query and comes back with every field") {
  Seal seal;
  seal.length = 100;
  seal.from = 7;
  seal.sha256 = std::string(64, 'a');
  seal.status = StepStatus::killed;
  seal.exit_code = -3;
  seal.dropped = 5;
  seal.lost = 6;
  seal.reason = "it & that";
  base::Query query;
  add_to_query(query, seal);
  const auto parsed = parse_seal(base::Query::parse(query.to_string()).value());
  REQUIRE(parsed.has_value());
  CHECK(*parsed == seal);
}

TEST_CASE("a log is complete only when nothing speaks against it") {
  Seal seal;
  seal.length = 3;
  seal.sha256 = "digest";
  CHECK(judge(seal, "digest").complete);
  CHECK(judge(seal, "digest").verified);
  const auto why = [&seal](std::string_view there) {
    const Verdict verdict = judge(seal, there);
    CHECK_FALSE(verdict.complete);
    return verdict.reason;
  };
  CHECK(why("other") == "digest mismatch");
  Seal whole = seal;
  seal.dropped = 2;
  CHECK(why("digest").find("2 bytes") != std::string::npos);
  seal = whole;
  seal.lost = 2;
  CHECK(why("digest").find("lost 2") != std::string::npos);
  seal = whole;
  seal.from = 1;
  CHECK_FALSE(why("digest").empty());
  seal = whole;
  seal.reason = "writer-died";
  CHECK(why("digest") == "writer-died");
  seal = whole;
  seal.sha256.clear();
  CHECK(why("digest").find("digest") != std::string::npos);
}

TEST_CASE("an acknowledgement goes into JSON and comes back") {
  Acknowledgement ack;
  ack.log = "octocat/hello/42/steps/3";
  ack.generation = 2;
  ack.offset = 8192;
  ack.durable = 4096;
  ack.interval = std::chrono::milliseconds(50);
  ack.state = AckState::incomplete;
  ack.received_over = std::chrono::milliseconds(7);
  const auto back = Acknowledgement::parse(ack.to_json());
  REQUIRE(back.has_value());
  CHECK(back->to_json() == ack.to_json());
  CHECK(back->offset == 8192);
  CHECK(back->received_over == std::chrono::milliseconds(7));
}

TEST_CASE("nothing but an acknowledgement is taken for one") {
  for (const char* text :
       {"", "<html>", "null", "[]", "{}", R"({"log":"a","generation":1,"offset":1,"durable":1})",
        R"({"log":"a","generation":1,"offset":-1,"durable":1,"interval_ms":0,"state":"running"})",
        R"({"log":"a","generation":1,"offset":1,"durable":1,"interval_ms":0,"state":"fine"})",
        R"({"log":1,"generation":1,"offset":1,"durable":1,"interval_ms":0,"state":"running"})"}) {
    CAPTURE(text);
    CHECK_FALSE(Acknowledgement::parse(text).has_value());
  }
}

TEST_CASE("times of an acknowledgement that nobody means are cut to a minute") {
  const std::string head = R"({"log":"a","generation":1,"offset":1,"durable":1,"state":"running")";
  for (const char* millis : {"60001", "4611686018427387904", "9223372036854775807"}) {
    CAPTURE(millis);
    const auto ack = Acknowledgement::parse(head + R"(,"interval_ms":)" + millis +
                                            R"(,"received_over_ms":)" + millis + "}");
    REQUIRE(ack.has_value());
    CHECK(ack->interval == std::chrono::minutes(1));
    CHECK(ack->received_over == std::chrono::minutes(1));
  }
  CHECK_FALSE(Acknowledgement::parse(head + R"(,"interval_ms":18446744073709551615})").has_value());
}

TEST_CASE("names of states and statuses go there and back") {
  for (const auto state : {LogState::pending, LogState::running, LogState::lost, LogState::sealed,
                           LogState::incomplete})
    CHECK(parse_log_state(to_string(state)) == state);
  for (const auto status :
       {StepStatus::pending, StepStatus::running, StepStatus::success, StepStatus::failure,
        StepStatus::error, StepStatus::killed, StepStatus::canceled})
    CHECK(parse_step_status(to_string(status)) == status);
  CHECK_FALSE(parse_log_state("done").has_value());
}
