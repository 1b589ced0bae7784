#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vela::hub {

// What is known of the server at a moment.
struct HealthFacts {
  bool is_draining = false;
  std::optional<std::string> store_fault;  // why nothing is stored
  // How long what is due has waited for the store.
  std::chrono::microseconds stuck_for{0};
  std::size_t unstored_bytes = 0;  // what it costs in memory
  std::size_t most_unstored_bytes = 0;
  std::optional<std::uint64_t> free_bytes;  // beside the store; nothing when that is not known
  std::uint64_t least_free_bytes = 0;       // 0: any amount will do
};

enum class HealthStatus {
  ok,
  degraded,  // something needs a person; `takes_requests` says whether requests should still come
  draining,  // on its way out
};

// All codes that a reason may have.
inline constexpr std::array<std::string_view, 5> kHealthCodes{"store", "flush", "memory", "disk",
                                                              "draining"};

struct HealthReason {
  std::string_view code;  // for programs: one of kHealthCodes
  std::string text;       // for people

  friend bool operator==(const HealthReason&, const HealthReason&) = default;
};

struct Health {
  HealthStatus status = HealthStatus::ok;
  bool takes_requests = true;  // false: send new ones to another server, if there is one
  std::vector<HealthReason> reasons;
};

// Whether requests should come is a question of what the server can promise: while nothing is
// stored or it is about to go it can't, with little space or memory left it still can.
[[nodiscard]] Health judge_health(const HealthFacts& facts);

// "ok", "degraded", "draining".
[[nodiscard]] std::string_view to_string(HealthStatus status);

}  // namespace vela::hub
