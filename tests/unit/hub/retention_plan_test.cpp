#include "core/hub/retention_plan.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace vela;
using hub::RetentionPlan;
using hub::RetentionReason;
using hub::RetentionSettings;
using logs::LogState;

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;

constexpr base::WallTime kNow{std::chrono::seconds(1'700'000'000)};

store::LogFacts log_of(const std::string& id, std::chrono::hours age, logs::ByteCount bytes = 100,
                       LogState state = LogState::sealed) {
  store::LogFacts log;
  log.id = logs::LogId::parse(id).value();
  log.bytes = bytes;
  log.state = state;
  log.last_output = kNow - age;
  return log;
}

// "LOG reason" of each, in order.
std::vector<std::string> retired_of(const RetentionSettings& settings,
                                    const std::vector<store::LogFacts>& logs) {
  RetentionPlan plan(settings, kNow);
  for (const store::LogFacts& log : logs) plan.add(log);
  std::vector<std::string> found;
  for (const hub::RetiredLog& log : plan.finish())
    found.push_back(log.id.to_string() + " " + std::string(to_string(log.reason)));
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("without a limit nothing goes, however old and large") {
  CHECK_FALSE(RetentionSettings().has_limit());
  CHECK(retired_of({}, {log_of("o/r/1/steps/1", 90'000h, 1'000'000'000)}).empty());
}

TEST_CASE("logs that are older than the limit go, the oldest first") {
  RetentionSettings settings;
  settings.max_age = 48h;
  CHECK(retired_of(settings, {log_of("o/r/1/steps/1", 49h), log_of("o/r/1/steps/2", 48h),
                              log_of("o/r/1/services/3", 72h), log_of("o/r/2/steps/1", 1h)}) ==
        Names{"o/r/1/services/3 age", "o/r/1/steps/1 age"});
}

TEST_CASE("a log that may still be written stays, one that was given up goes after a day") {
  RetentionSettings settings;
  settings.max_age = 1h;
  for (const LogState state : {LogState::pending, LogState::running, LogState::lost})
    CHECK(retired_of(settings, {log_of("o/r/1/steps/1", 1000h, 100, state)}).empty());
  CHECK(retired_of(settings, {log_of("o/r/1/steps/1", 23h, 100, LogState::incomplete)}).empty());
  CHECK(retired_of(settings, {log_of("o/r/1/steps/1", 24h, 100, LogState::incomplete)}).size() ==
        1);
}

TEST_CASE("the builds with the highest numbers stay, of each repository") {
  RetentionSettings settings;
  settings.max_builds_per_repo = 2;
  CHECK(retired_of(settings, {log_of("o/r/9/steps/1", 50h), log_of("o/r/10/steps/1", 40h),
                              log_of("o/r/11/steps/1", 30h), log_of("o/other/1/steps/1", 90h),
                              log_of("o/r/9/steps/2", 10h), log_of("p/r/3/steps/1", 80h),
                              log_of("p/r/2/steps/1", 81h), log_of("p/r/1/steps/1", 82h)}) ==
        Names{"p/r/1/steps/1 builds", "o/r/9/steps/1 builds", "o/r/9/steps/2 builds"});
}

TEST_CASE("beyond the limit of bytes the oldest go until the rest fits; running ones count too") {
  RetentionSettings settings;
  settings.max_bytes = 250;
  const std::vector<store::LogFacts> logs{
      log_of("o/r/1/steps/1", 10h), log_of("o/r/1/steps/2", 30h, 0), log_of("o/r/1/steps/3", 20h),
      log_of("o/r/1/steps/4", 40h, 100, LogState::running), log_of("o/r/1/steps/5", 5h, 50)};
  CHECK(retired_of(settings, logs) == Names{"o/r/1/steps/3 bytes"});
  settings.max_bytes = 350;
  CHECK(retired_of(settings, logs).empty());
  settings.max_bytes = 1;
  CHECK(retired_of(settings, logs) ==
        Names{"o/r/1/steps/3 bytes", "o/r/1/steps/1 bytes", "o/r/1/steps/5 bytes"});
}

TEST_CASE("a log goes once, and what goes by age makes room for the rest") {
  RetentionSettings settings;
  settings.max_age = 24h;
  settings.max_builds_per_repo = 1;
  settings.max_bytes = 100;
  CHECK(retired_of(settings, {log_of("o/r/1/steps/1", 25h), log_of("o/r/1/steps/2", 23h),
                              log_of("o/r/2/steps/1", 22h)}) ==
        Names{"o/r/1/steps/1 age", "o/r/1/steps/2 builds"});
}

TEST_CASE("exempt logs stay, by patterns of the whole name") {
  RetentionSettings settings;
  settings.max_age = 1h;
  settings.max_bytes = 1;
  const std::vector<store::LogFacts> logs{log_of("octocat/hello/1/steps/1", 9h),
                                          log_of("octocat/other/2/steps/1", 8h),
                                          log_of("octocat/other/2/services/1", 7h)};
  settings.exempt = {"octocat/hello/*"};
  CHECK(retired_of(settings, logs) ==
        Names{"octocat/other/2/steps/1 age", "octocat/other/2/services/1 age"});
  settings.exempt = {"*/services/*", "octocat/h?llo/[0-9]/*"};
  CHECK(retired_of(settings, logs) == Names{"octocat/other/2/steps/1 age"});
  settings.exempt = {"octocat/hello"};
  CHECK(retired_of(settings, logs).size() == 3);
  settings.exempt = {"*"};
  CHECK(retired_of(settings, logs).empty());
}
