#include "core/step/drain_report.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::step;

namespace {

const std::string kLog = "octocat/hello/42/steps/3";
const base::SteadyTime kStart{1000s};
constexpr auto kNever = base::SteadyTime::max();
constexpr logs::ByteCount kMiB = 1024 * 1024;

}  // namespace

TEST_CASE("a short wait says nothing") {
  DrainReport report(/*is_terminal=*/true);
  CHECK_FALSE(report.next(kLog, 100, kNever, kStart).has_value());
  CHECK_FALSE(report.next(kLog, 50, kNever, kStart + 999ms).has_value());
  CHECK(report.look_at() == kStart + 1s);
}

TEST_CASE("on a terminal it says twice a second how much is left, how fast, and how long") {
  DrainReport report(/*is_terminal=*/true);
  CHECK_FALSE(report.next(kLog, 20 * kMiB, kNever, kStart).has_value());
  CHECK(report.next(kLog, 18 * kMiB, kNever, kStart + 1s) ==
        "delivering " + kLog + ": 18.0 MiB left, 2.0 MiB/s, 10s to go");
  CHECK(report.look_at() == kStart + 1500ms);
  CHECK_FALSE(report.next(kLog, 18 * kMiB, kNever, kStart + 1400ms).has_value());
  CHECK(report.next(kLog, 17 * kMiB, kNever, kStart + 1500ms).has_value());
}

TEST_CASE("elsewhere it says so every ten seconds") {
  DrainReport report(/*is_terminal=*/false);
  CHECK_FALSE(report.next(kLog, 20 * kMiB, kNever, kStart).has_value());
  CHECK_FALSE(report.next(kLog, 19 * kMiB, kNever, kStart + 9s).has_value());
  CHECK(report.next(kLog, 10 * kMiB, kNever, kStart + 10s) ==
        "delivering " + kLog + ": 10.0 MiB left, 1.0 MiB/s, 11s to go");
  CHECK(report.look_at() == kStart + 20s);
}

TEST_CASE("the rate is that of the last seconds, not of the whole wait") {
  DrainReport report(/*is_terminal=*/true);
  CHECK_FALSE(report.next(kLog, 100 * kMiB, kNever, kStart).has_value());
  // 10 MiB/s for six seconds, then a server that is away.
  std::optional<std::string> said;
  for (auto after = 1s; after <= 6s; after += 1s)
    said = report.next(kLog, (100 - 10 * static_cast<logs::ByteCount>(after.count())) * kMiB,
                       kNever, kStart + after);
  CHECK(said->find("10.0 MiB/s") != std::string::npos);
  for (auto after = 7s; after <= 14s; after += 1s)
    said = report.next(kLog, 40 * kMiB, kStart + 60s, kStart + after);
  CHECK(*said == "delivering " + kLog + ": 40.0 MiB left, nothing moves; given up in 46s");
}

TEST_CASE("another log begins anew, and bytes that were added are no rate") {
  DrainReport report(/*is_terminal=*/true);
  CHECK_FALSE(report.next(kLog, 100, kNever, kStart).has_value());
  CHECK(report.next(kLog, 200, kNever, kStart + 1s) ==
        "delivering " + kLog + ": 200 bytes left, nothing moves");
  CHECK_FALSE(report.next("a/b/1/steps/1", 100, kNever, kStart + 2s).has_value());
}
