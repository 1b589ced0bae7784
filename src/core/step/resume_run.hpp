#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/base/clock.hpp"
#include "core/buffer/spool_directory.hpp"
#include "core/process/signal_watch.hpp"
#include "core/step/drain_report.hpp"
#include "core/uplink/leftovers.hpp"

namespace vela::step {

// `run-step --resume`: delivers and seals what dead runs left, says how far it is, and ends when all
// was tried, or at a signal. A server to which nothing has moved for a while is not tried again.
//
// Executor: everything on the thread of `executor`.
// Lifetime: run() must have returned before it goes.
class ResumeRun {
 public:
  // `server`, `token`: as Leftovers takes them. `patience`: how long nothing may move
  // to one server.
  ResumeRun(boost::asio::any_io_executor executor, buffer::SpoolDirectory directory,
            std::string server, net::BearerToken token, std::chrono::microseconds patience);

  // The exit code: 0 when all was delivered, 75 when something was not, 128 + signal.
  [[nodiscard]] async::Awaitable<int> run();
  // Nothing is left that its destruction might wait for.
  [[nodiscard]] bool is_clean() const { return tasks_.size() == 0; }

 private:
  [[nodiscard]] async::Awaitable<void> deliver();
  [[nodiscard]] async::Awaitable<void> watch_signals();
  void look(base::SteadyTime now);
  [[nodiscard]] int sum_up() const;

  const std::chrono::microseconds patience_;
  uplink::Leftovers leftovers_;
  process::SignalWatch signals_;
  async::Notifier changed_;
  DrainReport drain_report_;
  bool is_over_ = false;
  int signal_ = 0;
  std::optional<uplink::Leftovers::Progress> seen_;
  base::SteadyTime moved_at_;
  async::TaskGroup tasks_;
};

}  // namespace vela::step
