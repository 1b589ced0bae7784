#include "core/hub/health.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace vela::hub;

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr std::uint64_t kMiB = 1024 * 1024;

HealthFacts facts_of_a_good_day() {
  HealthFacts facts;
  facts.unstored_bytes = 1000;
  facts.most_unstored_bytes = 64 * kMiB;
  facts.free_bytes = 5000 * kMiB;
  facts.least_free_bytes = 256 * kMiB;
  return facts;
}

std::vector<std::string> codes_of(const Health& health) {
  std::vector<std::string> codes;
  for (const HealthReason& reason : health.reasons) {
    // /metrics has a line for each of those.
    CHECK(std::find(kHealthCodes.begin(), kHealthCodes.end(), reason.code) != kHealthCodes.end());
    codes.emplace_back(reason.code);
  }
  return codes;
}

using Codes = std::vector<std::string>;

}  // namespace

TEST_CASE("a server on a good day is ok, takes requests, and has no reason to give") {
  const Health health = judge_health(facts_of_a_good_day());
  CHECK(health.status == HealthStatus::ok);
  CHECK(health.takes_requests);
  CHECK(health.reasons.empty());
  CHECK(judge_health(HealthFacts()).status == HealthStatus::ok);
}

TEST_CASE("a store that fails keeps requests away, and the reason is its own") {
  HealthFacts facts = facts_of_a_good_day();
  facts.store_fault = "database or disk is full";
  facts.stuck_for = 20s;
  const Health health = judge_health(facts);
  CHECK(health.status == HealthStatus::degraded);
  CHECK_FALSE(health.takes_requests);
  CHECK(codes_of(health) == Codes{"store"});
  CHECK(health.reasons[0].text == "database or disk is full");
}

TEST_CASE("a flush that is behind, full memory and a disk nearly full are told and still serve") {
  HealthFacts facts = facts_of_a_good_day();
  facts.stuck_for = 4'999ms;
  CHECK(judge_health(facts).status == HealthStatus::ok);
  facts.stuck_for = 7s;
  facts.unstored_bytes = 64 * kMiB;
  facts.free_bytes = 256 * kMiB - 1;
  const Health health = judge_health(facts);
  CHECK(health.status == HealthStatus::degraded);
  CHECK(health.takes_requests);
  CHECK(codes_of(health) == Codes{"flush", "memory", "disk"});
  CHECK(health.reasons[0].text == "what came has waited for 7 s to be stored");
  CHECK(health.reasons[1].text.find("64 MiB wait") == 0);
  CHECK(health.reasons[2].text.find("has 255 MiB left, less than 256MiB") != std::string::npos);
}

TEST_CASE("space is judged only where it is known and a limit is set") {
  HealthFacts facts = facts_of_a_good_day();
  facts.free_bytes.reset();
  CHECK(judge_health(facts).reasons.empty());
  facts.free_bytes = 0;
  facts.least_free_bytes = 0;
  CHECK(judge_health(facts).reasons.empty());
}

TEST_CASE("draining is stronger than all else, whose reasons stay") {
  HealthFacts facts = facts_of_a_good_day();
  facts.is_draining = true;
  CHECK(judge_health(facts).status == HealthStatus::draining);
  CHECK_FALSE(judge_health(facts).takes_requests);
  CHECK(codes_of(judge_health(facts)) == Codes{"draining"});
  facts.store_fault = "gone";
  CHECK(judge_health(facts).status == HealthStatus::draining);
  CHECK(codes_of(judge_health(facts)) == Codes{"store", "draining"});
  CHECK(to_string(HealthStatus::ok) == "ok");
  CHECK(to_string(HealthStatus::degraded) == "degraded");
  CHECK(to_string(HealthStatus::draining) == "draining");
}
