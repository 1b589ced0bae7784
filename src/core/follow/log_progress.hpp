#pragma once

#include <optional>
#include <string>

#include "core/base/clock.hpp"
#include "core/follow/follow_event.hpp"

namespace vela::follow {

// What a reader knows of one log: how far it has read, and how the log stands. Every byte is taken
// once and in order, or the reader is told that it can't be.
class LogProgress {
 public:
  // A log as the first hello that names it shows it.
  explicit LogProgress(const Hello& hello);

  // A hello of a later connection. False when the bytes that follow would leave a hole behind what
  // was read. Another generation voids what lies beyond the hello's cursor, as a reset does.
  [[nodiscard]] bool take_hello(const Hello& hello);

  enum class Place {
    fits,      // the next bytes; the cursor stands behind them now
    repeats,   // read before: not to be shown again
    is_wrong,  // a hole, or another generation without a reset: ask the server again
  };
  // Takes off `output` what was read before.
  [[nodiscard]] Place take_output(Output& output);

  // How many bytes that were read are void now.
  [[nodiscard]] logs::ByteCount take_reset(const logs::Cursor& next);

  // False when the log is said to be whole and bytes of it are missing here.
  [[nodiscard]] bool take_end(const End& end);

  // Whether this changed anything worth telling.
  [[nodiscard]] bool take_state(logs::LogState state, base::SteadyTime now);

  [[nodiscard]] const logs::Cursor& cursor() const { return cursor_; }
  // The name, or "step 3" when there is none; free of control characters.
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] logs::LogState state() const { return state_; }
  [[nodiscard]] const std::optional<End>& end() const { return end_; }
  // Since when the writer is not heard, as far as the reader knows.
  [[nodiscard]] std::optional<base::SteadyTime> lost_since() const { return lost_since_; }
  // Bytes read that a reset voided: shown perhaps, but not part of the log.
  [[nodiscard]] logs::ByteCount voided() const { return voided_; }

  // Whether all that the server had at the first hello was read; an ended log needs its end too.
  [[nodiscard]] bool has_reached_hello() const;

 private:
  logs::ByteCount move_to(const logs::Cursor& next);

  std::string label_;
  logs::Cursor cursor_;
  logs::Offset hello_offset_ = 0;
  logs::LogState hello_state_ = logs::LogState::pending;
  logs::LogState state_ = logs::LogState::pending;
  std::optional<base::SteadyTime> lost_since_;
  std::optional<End> end_;
  logs::ByteCount voided_ = 0;
};

}  // namespace vela::follow
