#pragma once

#include <functional>
#include <string_view>

#include "core/async/awaitable.hpp"
#include "core/step/overflow.hpp"
#include "core/uplink/uplink.hpp"

namespace vela::step {

// Where all streams of a step's output enter the log.
//
// Executor: the thread of `uplink`.
// Lifetime: `uplink` outlives it.
class OutputIntake {
 public:
  // `on_failed`: output found no room, and the step is to be stopped for it; once.
  OutputIntake(uplink::Uplink& uplink, WhenFull when_full, std::function<void()> on_failed)
      : uplink_(uplink), overflow_(when_full), on_failed_(std::move(on_failed)) {}

  // Until more may be read: sending keeps up, and there is room where output is to wait for that.
  [[nodiscard]] async::Awaitable<void> wait_for_turn();
  void push(std::string_view bytes, logs::Stream stream);
  // Nothing follows.
  void end();

  [[nodiscard]] bool has_failed() const { return overflow_.has_failed(); }
  [[nodiscard]] logs::ByteCount dropped() const { return overflow_.dropped(); }

 private:
  void push_marker(std::string_view marker);

  uplink::Uplink& uplink_;
  Overflow overflow_;
  std::function<void()> on_failed_;
};

}  // namespace vela::step
