#include "core/hub/retention_plan.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace vela::hub {
namespace {

using std::chrono_literals::operator""h;

// A writer that was away for longer is not waited for.
constexpr auto kGivenUpAfter = 24h;

}  // namespace

std::string_view to_string(RetentionReason reason) {
  switch (reason) {
    case RetentionReason::age:
      return "age";
    case RetentionReason::builds:
      return "builds";
    case RetentionReason::bytes:
      break;
  }
  return "bytes";
}

RetentionPlan::RetentionPlan(RetentionSettings settings, base::WallTime now)
    : settings_(std::move(settings)), now_(now) {}

void RetentionPlan::add(const store::LogFacts& log) {
  bytes_ += log.bytes;
  const auto build = builds_.try_emplace(log.id.build, false).first;
  logs_.push_back({build, log.id.kind, log.id.number, may_go(log), log.bytes, log.last_output});
}

bool RetentionPlan::may_go(const store::LogFacts& log) const {
  const bool is_sealed = log.state == logs::LogState::sealed;
  const bool is_given_up =
      log.state == logs::LogState::incomplete && now_ - log.last_output >= kGivenUpAfter;
  return (is_sealed || is_given_up) && !is_exempt(log.id);
}

bool RetentionPlan::is_exempt(const logs::LogId& id) const {
  if (settings_.exempt.empty()) return false;
  const std::string name = id.to_string();
  return std::any_of(settings_.exempt.begin(), settings_.exempt.end(),
                     [&name](const std::string& pattern) {
                       return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
                     });
}

// The builds of a repository stand side by side, the newest last.
void RetentionPlan::find_old_builds() {
  std::uint64_t newer = 0;
  for (auto at = builds_.rbegin(); at != builds_.rend(); ++at) {
    if (at != builds_.rbegin()) {
      const logs::BuildId& before = std::prev(at)->first;
      const bool is_same_repo = before.org == at->first.org && before.repo == at->first.repo;
      newer = is_same_repo ? newer + 1 : 0;
    }
    at->second = newer >= settings_.max_builds_per_repo;
  }
}

std::vector<RetiredLog> RetentionPlan::finish() {
  if (settings_.max_builds_per_repo != 0) find_old_builds();
  std::sort(logs_.begin(), logs_.end(), [](const Held& a, const Held& b) {
    return std::tie(a.last_output, a.build->first, a.kind, a.number) <
           std::tie(b.last_output, b.build->first, b.kind, b.number);
  });
  std::vector<RetiredLog> retired;
  logs::ByteCount left = bytes_;
  const auto retire = [&](Held& log, RetentionReason reason) {
    left -= log.bytes;
    log.may_go = false;
    retired.push_back(
        {{log.build->first, log.kind, log.number}, log.bytes, log.last_output, reason});
  };
  const bool has_age = settings_.max_age.count() != 0;
  for (Held& log : logs_) {
    if (!log.may_go) continue;
    if (has_age && now_ - log.last_output > settings_.max_age) {
      retire(log, RetentionReason::age);
    } else if (log.build->second) {
      retire(log, RetentionReason::builds);
    }
  }
  for (Held& log : logs_) {
    if (settings_.max_bytes == 0 || left <= settings_.max_bytes) break;
    if (log.may_go && log.bytes != 0) retire(log, RetentionReason::bytes);
  }
  std::sort(retired.begin(), retired.end(), [](const RetiredLog& a, const RetiredLog& b) {
    return std::tie(a.last_output, a.id) < std::tie(b.last_output, b.id);
  });
  return retired;
}

}  // namespace vela::hub
