#include "core/process/watchdog.hpp"

#include <utility>

#include "core/base/clock.hpp"
#include "core/base/logging.hpp"
#include "core/base/quantity.hpp"

namespace vela::process {

std::string WatchdogPlan::next(const Pulse& pulse) {
  is_stuck_ = pulse.stuck_for >= limit_;
  std::string message;
  if (!is_stuck_) message = "WATCHDOG=1";
  if (pulse.status != told_) {
    told_ = pulse.status;
    if (!message.empty()) message += '\n';
    message += status_assignment(told_);
  }
  return message;
}

Watchdog::Watchdog(boost::asio::any_io_executor executor, Supervisor& supervisor,
                   std::function<Pulse()> pulse)
    : supervisor_(supervisor),
      pulse_(std::move(pulse)),
      plan_(supervisor.watchdog().value()),
      stopped_(std::move(executor)) {}

async::Awaitable<void> Watchdog::run() {
  while (!is_stopped_) {
    const bool was_stuck = plan_.is_stuck();
    const std::string message = plan_.next(pulse_());
    if (!message.empty()) supervisor_.say(message);
    // The last that is read of a process that its manager kills.
    if (plan_.is_stuck() && !was_stuck) {
      spdlog::error(
          "nothing moves any more, so the watchdog gets no sign of life; it expects one "
          "every {}",
          base::format_duration(*supervisor_.watchdog()));
    }
    if (!plan_.is_stuck() && was_stuck)
      spdlog::warn("work goes on, and the watchdog gets its signs of life again");
    co_await stopped_.wait_until(base::steady_now() + plan_.pause());
  }
}

void Watchdog::stop() {
  is_stopped_ = true;
  stopped_.notify_all();
}

}  // namespace vela::process
