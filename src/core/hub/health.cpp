#include "core/hub/health.hpp"

#include "core/base/quantity.hpp"

namespace vela::hub {
namespace {

using std::chrono_literals::operator""s;

// Commits take milliseconds and are due once a second; work that waits this long is behind.
constexpr auto kBehindAfter = 5s;
constexpr std::uint64_t kMiB = 1024 * 1024;

std::string in_mib(std::uint64_t bytes) { return std::to_string(bytes / kMiB) + " MiB"; }

std::string behind_text(std::chrono::microseconds stuck_for) {
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(stuck_for);
  return "what came has waited for " + std::to_string(waited.count()) + " s to be stored";
}

}  // namespace

Health judge_health(const HealthFacts& facts) {
  Health health;
  const auto degrade = [&health](std::string_view code, std::string text) {
    health.status = HealthStatus::degraded;
    health.reasons.push_back({code, std::move(text)});
  };
  if (facts.store_fault) {
    degrade("store", *facts.store_fault);
    health.takes_requests = false;
  } else if (facts.stuck_for >= kBehindAfter) {
    degrade("flush", behind_text(facts.stuck_for));
  }
  if (facts.most_unstored_bytes != 0 && facts.unstored_bytes >= facts.most_unstored_bytes)
    degrade("memory", in_mib(facts.unstored_bytes) +
                          " wait to be stored, which is all that may; writers are held back");
  if (facts.free_bytes && *facts.free_bytes < facts.least_free_bytes)
    degrade("disk", "the store's file system has " + in_mib(*facts.free_bytes) +
                        " left, less than " + base::format_size(facts.least_free_bytes) +
                        "; free some, or make it larger");
  if (facts.is_draining) {
    health.status = HealthStatus::draining;
    health.takes_requests = false;
    health.reasons.push_back({"draining", "the server is shutting down; ask another one"});
  }
  return health;
}

std::string_view to_string(HealthStatus status) {
  switch (status) {
    case HealthStatus::ok:
      return "ok";
    case HealthStatus::degraded:
      return "degraded";
    case HealthStatus::draining:
      break;
  }
  return "draining";
}

}  // namespace vela::hub
