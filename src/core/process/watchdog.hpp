#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/process/supervisor.hpp"

namespace vela::process {

// How the service's work goes at a moment.
struct Pulse {
  Pulse() = default;
  Pulse(std::chrono::microseconds stuck, std::string status_text)
      : stuck_for(stuck), status(std::move(status_text)) {}

  // How long work that should have moved has stood still. Work that fails moves.
  std::chrono::microseconds stuck_for{0};
  std::string status;  // for people
};

// Decides what a watchdog is told: a sign of life, unless the work has stood still for as long as
// the watchdog waits. Then the manager ends the service between one and two of its times later.
class WatchdogPlan {
 public:
  explicit WatchdogPlan(std::chrono::microseconds limit) : limit_(limit) {}

  // Signs come twice as often as they are expected: one may be late.
  [[nodiscard]] std::chrono::microseconds pause() const { return limit_ / 2; }
  // What to tell the manager now; "" for nothing.
  [[nodiscard]] std::string next(const Pulse& pulse);
  // Whether the last next() kept the sign of life back.
  [[nodiscard]] bool is_stuck() const { return is_stuck_; }

 private:
  const std::chrono::microseconds limit_;
  std::string told_;  // the status
  bool is_stuck_ = false;
};

// Gives the manager's watchdog its signs of life. That it runs shows that the loop is alive;
// `pulse` tells of the work beside it.
//
// Executor: the loop's thread.
class Watchdog {
 public:
  // `supervisor` has a watchdog.
  Watchdog(boost::asio::any_io_executor executor, Supervisor& supervisor,
           std::function<Pulse()> pulse);

  // Until stop().
  [[nodiscard]] async::Awaitable<void> run();
  void stop();

 private:
  Supervisor& supervisor_;
  const std::function<Pulse()> pulse_;
  WatchdogPlan plan_;
  bool is_stopped_ = false;
  async::Notifier stopped_;
};

}  // namespace vela::process
