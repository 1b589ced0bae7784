#pragma once

#include "core/base/clock.hpp"
#include "core/logs/offset.hpp"

namespace vela::uplink {

// What a stream's next step depends on, besides its own life.
struct StreamView {
  logs::Offset end = 0;        // where the held bytes end
  bool has_ended = false;      // nothing will follow them
  bool wants_durable = false;  // room is needed: an answer that says what is durable …
  bool is_full = false;        // … at once, because the child waits
};

struct StreamStep {
  enum class Kind { bytes, pause, close };
  Kind kind = Kind::close;
  logs::Offset from = 0;  // bytes: [from, to), not empty
  logs::Offset to = 0;
  base::SteadyTime until;  // pause: until then, or until bytes come
};

// The life of one request of option 2: bounded in time and bytes, never open while the step is
// silent, so that no proxy's time limit meets it.
class StreamPlan {
 public:
  // `is_durable`: its answer will wait until its bytes are durable.
  StreamPlan(logs::Offset from, logs::ByteCount max_bytes, bool is_durable, base::SteadyTime now)
      : from_(from),
        next_(from),
        max_bytes_(max_bytes),
        is_durable_(is_durable),
        opened_(now),
        first_bytes_(now),
        last_bytes_(now) {}

  [[nodiscard]] StreamStep step(const StreamView& view, base::SteadyTime now);
  // Bytes below `upto` were handed to the connection.
  void on_sent(logs::Offset upto, base::SteadyTime now);

  [[nodiscard]] logs::Offset from() const { return from_; }
  [[nodiscard]] logs::ByteCount sent() const { return next_ - from_; }
  // From the first bytes handed over to the last.
  [[nodiscard]] base::SteadyTime::duration span() const { return last_bytes_ - first_bytes_; }
  // It closed because much was sent, not because time passed.
  [[nodiscard]] bool was_fast() const { return was_fast_; }

 private:
  logs::Offset from_;
  logs::Offset next_;
  logs::ByteCount max_bytes_;
  bool is_durable_;
  bool is_closed_ = false;
  bool was_fast_ = false;
  base::SteadyTime opened_;
  base::SteadyTime first_bytes_;
  base::SteadyTime last_bytes_;
};

}  // namespace vela::uplink
