#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/process/child_process.hpp"
#include "core/process/signal_watch.hpp"
#include "core/step/drain_report.hpp"
#include "core/step/output_intake.hpp"
#include "core/step/output_pump.hpp"
#include "core/step/pass_through.hpp"
#include "core/step/step_spool.hpp"
#include "core/step/stop_plan.hpp"
#include "core/step/verdict.hpp"
#include "core/uplink/leftovers.hpp"
#include "core/uplink/uplink.hpp"

namespace vela::step {

struct StepOptions {
  uplink::Target target;
  uplink::DeliveryOptions delivery;
  std::chrono::microseconds grace{};
  std::chrono::microseconds drain_timeout{};
  WhenFull when_full = WhenFull::block;
  bool is_quiet = false;   // nothing on our own standard output and error but our own words
  bool is_strict = false;  // a log that was not delivered is a failure
  std::vector<std::string> command;  // empty: standard input
};

// One step from start to exit: runs the command (or reads standard input), carries its output to
// the server and to our own output, says how it ended, waits for delivery. Beside that it delivers
// what dead runs left for the same server; of the same log, before.
//
// Executor: everything on the thread of `executor`.
// Lifetime: run() must have returned before it goes.
class StepRun final : private uplink::UplinkListener {
 public:
  StepRun(boost::asio::any_io_executor executor, StepOptions options, StepSpool spool);

  // The exit code: the command's own, 126, 127 or 128 + signal as a shell gives them, 0 for
  // standard input; 75 when strict and the log could not be delivered; 1 when the system refused to
  // start it, or when it was stopped because its output found no room.
  [[nodiscard]] async::Awaitable<int> run();

  // Nothing is left that its destruction might wait for: a transfer that was cut short in the
  // middle of a name lookup, a command that does not die.
  [[nodiscard]] bool is_clean() const;

 private:
  using Condition = bool (StepRun::*)() const;

  void on_canceled() override;
  void on_over() override;
  void on_overflow();

  [[nodiscard]] async::Awaitable<void> deliver();
  [[nodiscard]] async::Awaitable<void> deliver_leftovers();
  [[nodiscard]] async::Awaitable<void> end_leftovers();
  void begin_log();
  void start_command();
  void start_input();
  void start_pump(base::UniqueFd fd, logs::Stream stream, int own_fd, std::string name);
  void fail_to_start(const Error& failure);
  [[nodiscard]] async::Awaitable<void> watch_signals();
  [[nodiscard]] async::Awaitable<void> wait_for_child();
  [[nodiscard]] async::Awaitable<void> pump_output(OutputPump& pump);

  // Acts on the stop plan until the condition holds.
  [[nodiscard]] async::Awaitable<void> follow_plan_until(Condition is_reached);
  void act(const StopAction& action);
  // Tells how delivery goes, which ends at `until`; when to tell again.
  [[nodiscard]] base::SteadyTime report_delivery(base::SteadyTime until);
  void hurry_pumps();
  [[nodiscard]] bool is_output_over() const;
  [[nodiscard]] bool is_delivery_over() const { return uplink_.is_over(); }
  [[nodiscard]] Verdict verdict() const;
  void tell_loss(const uplink::Outcome& outcome) const;
  [[nodiscard]] async::Awaitable<void> end_tasks();

  boost::asio::any_io_executor executor_;
  const StepOptions options_;
  const bool is_adopted_;
  uplink::Uplink uplink_;
  OutputIntake intake_;
  std::unique_ptr<uplink::Leftovers> leftovers_;  // null without a spool directory
  bool has_leftovers_ = false;                    // they are being delivered
  bool is_given_up_ = false;                      // the time for delivery is up
  process::SignalWatch signals_;
  StopPlan plan_;
  DrainReport drain_report_;
  async::Notifier changed_;  // follow_plan_until(): look again

  std::optional<process::ChildProcess> child_;
  std::optional<process::ExitStatus> exit_;
  std::optional<Error> start_failure_;
  std::list<PassThrough> pass_throughs_;
  std::list<OutputPump> pumps_;
  std::size_t open_pumps_ = 0;

  async::TaskGroup tasks_;
};

}  // namespace vela::step
