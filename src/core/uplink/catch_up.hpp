#pragma once

#include <optional>

#include "core/logs/offset.hpp"

namespace vela::uplink {

// Between two reads of the child's output: for how many turns of the event loop sending has the
// first go, so that what is sent is still in memory. A connection that takes nothing gets two
// turns, since its readiness may be seen in the second one only; no network slows the child down.
class CatchUp {
 public:
  // Whether to wait for another turn. `is_behind`: much waits to be sent; `sent_until`: where that
  // begins now.
  [[nodiscard]] bool wants_turn(bool is_behind, logs::Offset sent_until) {
    idle_ = sent_until_ == sent_until ? idle_ + 1 : 0;
    sent_until_ = sent_until;
    return is_behind && idle_ < kMaxIdle && turns_++ < kMaxTurns;
  }

 private:
  // A turn sends as much as a read brings.
  static constexpr int kMaxTurns = 5;
  static constexpr int kMaxIdle = 2;

  int turns_ = 0;
  int idle_ = 0;
  std::optional<logs::Offset> sent_until_;
};

}  // namespace vela::uplink
