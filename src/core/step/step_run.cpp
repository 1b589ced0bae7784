#include "core/step/step_run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"

namespace vela::step {
namespace {

using std::chrono_literals::operator""s;

// EX_TEMPFAIL of sysexits.h: the step may be fine, its log is not where it should be.
constexpr int kNotDelivered = 75;
// What is left when the step is over ends at once; more than this is stuck.
constexpr auto kTasksEnd = 1s;

}  // namespace

StepRun::StepRun(boost::asio::any_io_executor executor, StepOptions options)
    : executor_(executor),
      options_(std::move(options)),
      uplink_(executor, options_.target, options_.delivery, *this),
      signals_(executor, {SIGINT, SIGTERM, SIGHUP, SIGQUIT}),
      plan_(options_.grace, options_.drain_timeout),
      changed_(executor),
      tasks_(executor) {}

async::Awaitable<int> StepRun::run() {
  tasks_.spawn("uplink", uplink_.run());
  tasks_.spawn("signals", watch_signals());
  if (options_.command.empty()) {
    start_input();
  } else {
    start_command();
  }
  co_await follow_plan_until(&StepRun::is_output_over);

  const Verdict verdict = this->verdict();
  plan_.on_output_end(base::steady_now());
  uplink_.end(verdict.ending);
  co_await follow_plan_until(&StepRun::is_delivery_over);
  co_await end_tasks();

  const uplink::Outcome outcome = uplink_.outcome();
  if (outcome.is_whole) co_return verdict.exit_code;
  spdlog::error("{}", describe_loss(outcome, options_.target.log.to_string()));
  co_return options_.is_strict ? kNotDelivered : verdict.exit_code;
}

bool StepRun::is_clean() const { return uplink_.outcome().is_sealed && tasks_.size() == 0; }

void StepRun::start_command() {
  Result<process::ChildProcess> child = process::ChildProcess::spawn(options_.command);
  if (!child) return fail_to_start(child.error());
  child_.emplace(std::move(*child));
  start_pump(child_->take_stdout(), logs::Stream::out, STDOUT_FILENO, "standard output");
  start_pump(child_->take_stderr(), logs::Stream::err, STDERR_FILENO, "standard error");
  tasks_.spawn("child", wait_for_child());
}

// Whoever looks at the log alone must see why there is nothing else in it.
void StepRun::fail_to_start(const Error& failure) {
  start_failure_ = failure;
  spdlog::error("{}", failure.text());
  uplink_.push("vela-logs: " + failure.text() + "\n", base::wall_now(), logs::Stream::err);
}

void StepRun::start_input() {
  plan_.on_no_child();
  // Our own descriptor stays open, so that nothing else becomes number 0.
  base::UniqueFd input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!input.is_open()) {
    fail_to_start(errno_error(ErrorCode::unavailable, "reading standard input", errno));
    return;
  }
  start_pump(std::move(input), logs::Stream::out, STDOUT_FILENO, "standard output");
}

void StepRun::start_pump(base::UniqueFd fd, logs::Stream stream, int own_fd, std::string name) {
  PassThrough* pass_through = nullptr;
  if (!options_.is_quiet)
    pass_through = &pass_throughs_.emplace_back(executor_, own_fd, std::move(name));
  OutputPump& pump = pumps_.emplace_back(executor_, std::move(fd), stream, uplink_, pass_through);
  ++open_pumps_;
  tasks_.spawn("output", pump_output(pump));
}

async::Awaitable<void> StepRun::pump_output(OutputPump& pump) {
  // Counted on every way out, an exception included: the step must end.
  struct Leave {
    StepRun& run;
    ~Leave() {
      --run.open_pumps_;
      run.changed_.notify_all();
    }
  };
  const Leave leave{*this};
  co_await pump.run();
}

async::Awaitable<void> StepRun::wait_for_child() {
  const Result<process::ExitStatus> status = co_await child_->wait(executor_);
  if (exit_) co_return;  // abandoned
  // Only a cancelled wait fails, and that comes after everything else.
  if (!status) co_return;
  exit_ = *status;
  plan_.on_child_exit(base::steady_now());
  changed_.notify_all();
}

async::Awaitable<void> StepRun::watch_signals() {
  while (true) {
    const Result<int> signal = co_await signals_.next();
    if (!signal) co_return;
    plan_.on_signal(*signal, base::steady_now());
    changed_.notify_all();
  }
}

void StepRun::on_canceled() {
  spdlog::warn("the step was canceled on the server");
  plan_.on_canceled(base::steady_now());
  changed_.notify_all();
}

void StepRun::on_over() { changed_.notify_all(); }

bool StepRun::is_output_over() const { return open_pumps_ == 0 && (exit_ || !child_); }

async::Awaitable<void> StepRun::follow_plan_until(Condition is_reached) {
  while (!(this->*is_reached)()) {
    const StopAction action = plan_.next(base::steady_now());
    if (action.kind == StopAction::Kind::wait) {
      co_await changed_.wait_until(action.until);
    } else {
      act(action);
    }
  }
}

void StepRun::act(const StopAction& action) {
  switch (action.kind) {
    case StopAction::Kind::wait:
      return;
    case StopAction::Kind::signal_group:
      if (child_) child_->signal_group(action.signal);
      return;
    case StopAction::Kind::abandon_child:
      spdlog::warn("the command does not even end when it is killed; its exit is not waited for");
      exit_ = process::ExitStatus{128 + SIGKILL, SIGKILL};
      plan_.on_child_exit(base::steady_now());
      return;
    case StopAction::Kind::end_reading:
      return hurry_pumps();
    case StopAction::Kind::end_delivery:
      uplink_.give_up("the time for delivery is up");
      // What waited for room is read and counted: people are told how much is missing.
      for (OutputPump& pump : pumps_) pump.hurry();
      return;
  }
}

void StepRun::hurry_pumps() {
  bool is_held = false;
  for (OutputPump& pump : pumps_) is_held = pump.hurry() || is_held;
  if (is_held && child_)
    spdlog::warn(
        "the command has ended, but a process that it left behind still holds its output; "
        "what that writes from now on is not in the log");
}

Verdict StepRun::verdict() const {
  if (start_failure_) return verdict_of_failure(*start_failure_);
  if (!child_) return verdict_of_input(plan_.signal(), plan_.was_canceled());
  return verdict_of(*exit_, plan_.was_canceled());
}

async::Awaitable<void> StepRun::end_tasks() {
  signals_.cancel();
  if (co_await tasks_.join(kTasksEnd)) co_return;
  tasks_.cancel();
  if (co_await tasks_.join(kTasksEnd)) co_return;
  for (const std::string& name : tasks_.names()) spdlog::warn("task {} does not end", name);
}

}  // namespace vela::step
