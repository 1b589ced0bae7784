#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.hpp"
#include "core/logs/log_id.hpp"
#include "core/store/log_store.hpp"

namespace vela::hub {

// How long logs are kept. 0 is no limit; without a limit nothing is ever deleted.
struct RetentionSettings {
  std::chrono::microseconds max_age{0};   // since the last byte
  std::uint64_t max_bytes = 0;            // of all logs, as they are read
  std::uint64_t max_builds_per_repo = 0;  // the newest by number
  // Logs that stay: patterns of fnmatch(3) for "octocat/hello/42/steps/3"; '*' stands for '/' too.
  std::vector<std::string> exempt;
  std::chrono::microseconds interval{600'000'000};  // between two passes

  [[nodiscard]] bool has_limit() const {
    return max_age.count() != 0 || max_bytes != 0 || max_builds_per_repo != 0;
  }
};

enum class RetentionReason : std::uint8_t { age, builds, bytes };
inline constexpr std::array kAllRetentionReasons{RetentionReason::age, RetentionReason::builds,
                                                 RetentionReason::bytes};

// "age", "builds", "bytes"
[[nodiscard]] std::string_view to_string(RetentionReason reason);

// A log that is to go.
struct RetiredLog {
  logs::LogId id;
  logs::ByteCount bytes = 0;
  base::WallTime last_output;
  RetentionReason reason = RetentionReason::age;
};

// Decides which logs go. Takes them all, then answers once. Only logs that have ended go; one that
// was given up, not sealed, only a day after its last byte: until then its writer may come back.
// A machine without I/O.
//
// Limits: holds some 50 bytes a log, and the name of each build once.
class RetentionPlan {
 public:
  RetentionPlan(RetentionSettings settings, base::WallTime now);

  void add(const store::LogFacts& log);

  // Those with the oldest last byte first. The first reason that applies counts, in the order of
  // the enumerators.
  [[nodiscard]] std::vector<RetiredLog> finish();

  [[nodiscard]] std::size_t logs() const { return logs_.size(); }
  [[nodiscard]] logs::ByteCount bytes() const { return bytes_; }

 private:
  using Builds = std::map<logs::BuildId, bool>;  // whether it is beyond the newest
  struct Held {
    Builds::const_iterator build;
    logs::LogKind kind = logs::LogKind::step;
    std::uint16_t number = 0;
    bool may_go = false;
    logs::ByteCount bytes = 0;
    base::WallTime last_output;
  };

  [[nodiscard]] bool may_go(const store::LogFacts& log) const;
  [[nodiscard]] bool is_exempt(const logs::LogId& id) const;
  void find_old_builds();

  const RetentionSettings settings_;
  const base::WallTime now_;
  Builds builds_;
  std::vector<Held> logs_;
  logs::ByteCount bytes_ = 0;
};

}  // namespace vela::hub
