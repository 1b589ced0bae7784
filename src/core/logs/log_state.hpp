#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/query.hpp"
#include "core/logs/offset.hpp"

namespace vela::logs {

enum class LogState : std::uint8_t {
  pending,     // announced by nobody yet
  running,     // a writer owns it and is heard
  lost,        // the writer is unheard for 60 s; it may still come back
  sealed,      // final: the writer said where it ends, and that is stored
  incomplete,  // given up, with a reason
};

[[nodiscard]] std::string_view to_string(LogState state);
[[nodiscard]] std::optional<LogState> parse_log_state(std::string_view text);

// The step's own state, as Vela names it.
enum class StepStatus : std::uint8_t {
  pending,
  running,
  success,
  failure,
  error,
  killed,
  canceled,
};

[[nodiscard]] std::string_view to_string(StepStatus status);
[[nodiscard]] std::optional<StepStatus> parse_step_status(std::string_view text);
// True for the five that end a step.
[[nodiscard]] bool is_final(StepStatus status);

// What the owner says when the output has ended.
struct Seal {
  Offset length = 0;  // the end of the log: base + bytes sent
  Offset from = 0;    // the owner's base
  // Lower-case hex over the bytes [from, length) as sent; empty when none is claimed (plain curl).
  std::string sha256;
  StepStatus status = StepStatus::success;
  std::optional<int> exit_code;
  ByteCount dropped = 0;  // bytes that never got an offset
  ByteCount lost = 0;     // bytes that the server had and lost
  std::string reason;     // why the log is not whole; empty when the writer saw nothing amiss

  friend bool operator==(const Seal&, const Seal&) = default;
};

// Whether a sealed log is all that the step printed, and if not, why.
struct Verdict {
  bool complete = false;
  bool verified = false;  // length and digest claimed by the owner match what is there
  std::string reason;     // empty when complete
};

// `sha256`: of the bytes [seal.from, seal.length) as the server has them.
[[nodiscard]] Verdict judge(const Seal& seal, std::string_view sha256);

// The parameters of a sealing request: final=1, length, from, sha256, status, exit_code, dropped,
// lost, reason, as far as they are set; and back. parse_seal's Errors: invalid, naming the
// parameter.
void add_to_query(base::Query& query, const Seal& seal);
[[nodiscard]] Result<Seal> parse_seal(const base::Query& query);

}  // namespace vela::logs
