#include "core/step/step_run.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"
#include "core/base/status_line.hpp"

namespace vela::step {
namespace {

using std::chrono_literals::operator""s;

// What is left when the step is over ends at once; more than this is stuck.
constexpr auto kTasksEnd = 1s;
// A step that takes a moment can still deliver the little that a run before left.
constexpr auto kLeftoversEnd = 2s;

constexpr std::string_view kAdoptedLine =
    "\n[vela-logs: the run that wrote this died here; what follows is another run's]\n";
constexpr std::string_view kAdoptedReason = "writer-died: an earlier run began the log";

uplink::HeldLog take_spool(StepSpool& spool) { return uplink::HeldLog(std::move(spool.spool)); }

}  // namespace

StepRun::StepRun(boost::asio::any_io_executor executor, StepOptions options, StepSpool spool)
    : executor_(executor),
      options_(std::move(options)),
      is_adopted_(spool.is_adopted),
      uplink_(executor, options_.target, options_.delivery, take_spool(spool), *this),
      intake_(uplink_, options_.when_full, [this] { on_overflow(); }),
      signals_(executor, {SIGINT, SIGTERM, SIGHUP, SIGQUIT}),
      plan_(options_.grace, options_.drain_timeout),
      drain_report_(base::has_status_line()),
      changed_(executor),
      tasks_(executor) {
  if (spool.directory)
    leftovers_ = std::make_unique<uplink::Leftovers>(executor, std::move(*spool.directory),
                                                     options_.target.server, options_.target.token);
}

async::Awaitable<int> StepRun::run() {
  begin_log();
  tasks_.spawn("uplink", deliver());
  tasks_.spawn("signals", watch_signals());
  if (options_.command.empty()) {
    start_input();
  } else {
    start_command();
  }
  co_await follow_plan_until(&StepRun::is_output_over);

  intake_.end();
  const Verdict verdict = this->verdict();
  plan_.on_output_end(base::steady_now());
  uplink_.end(verdict.ending);
  co_await follow_plan_until(&StepRun::is_delivery_over);
  base::clear_status_line();
  co_await end_leftovers();
  co_await end_tasks();

  const uplink::Outcome outcome = uplink_.outcome();
  if (outcome.is_whole) co_return verdict.exit_code;
  tell_loss(outcome);
  co_return options_.is_strict ? kNotDelivered : verdict.exit_code;
}

bool StepRun::is_clean() const { return uplink_.outcome().is_sealed && tasks_.size() == 0; }

void StepRun::begin_log() {
  if (!is_adopted_) return;
  spdlog::info("an earlier run of this log died; its output is delivered first");
  uplink_.push(kAdoptedLine, base::wall_now(), logs::Stream::unknown);
}

async::Awaitable<void> StepRun::deliver() {
  if (leftovers_) {
    logs::LogId log = options_.target.log;
    co_await leftovers_->run_for(std::move(log));
    has_leftovers_ = true;
    tasks_.spawn("leftovers", deliver_leftovers());
  }
  co_await uplink_.run();
}

async::Awaitable<void> StepRun::deliver_leftovers() {
  co_await leftovers_->run();
  has_leftovers_ = false;
  changed_.notify_all();
}

async::Awaitable<void> StepRun::end_leftovers() {
  if (!leftovers_) co_return;
  const base::SteadyTime until = base::steady_now() + kLeftoversEnd;
  // Where our own log did not arrive, theirs won't either.
  while (has_leftovers_ && uplink_.outcome().is_sealed && base::steady_now() < until)
    co_await changed_.wait_until(until);
  leftovers_->give_up("the step has ended");
}

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
  OutputPump& pump = pumps_.emplace_back(executor_, std::move(fd), stream, intake_, pass_through);
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

void StepRun::on_overflow() {
  spdlog::error("the step is stopped: its output finds no room (--when-full fail)");
  plan_.on_overflow(base::steady_now());
  changed_.notify_all();
}

void StepRun::on_over() { changed_.notify_all(); }

bool StepRun::is_output_over() const { return open_pumps_ == 0 && (exit_ || !child_); }

async::Awaitable<void> StepRun::follow_plan_until(Condition is_reached) {
  while (!(this->*is_reached)()) {
    const StopAction action = plan_.next(base::steady_now());
    if (action.kind == StopAction::Kind::wait) {
      base::SteadyTime until = action.until;
      if (is_output_over() && !is_given_up_) until = std::min(until, report_delivery(action.until));
      co_await changed_.wait_until(until);
    } else {
      act(action);
    }
  }
}

base::SteadyTime StepRun::report_delivery(base::SteadyTime until) {
  const std::string log = options_.target.log.to_string();
  const auto word = drain_report_.next(log, uplink_.bytes_left(), until, base::steady_now());
  if (word && !base::show_status_line(*word)) spdlog::warn("{}", *word);
  return drain_report_.look_at();
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
      is_given_up_ = true;
      if (leftovers_) leftovers_->give_up("the time for delivery is up");
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
  Verdict verdict;
  if (start_failure_) {
    verdict = verdict_of_failure(*start_failure_);
  } else if (intake_.has_failed()) {
    verdict = verdict_of_overflow();
  } else if (!child_) {
    verdict = verdict_of_input(plan_.signal(), plan_.was_canceled());
  } else {
    verdict = verdict_of(*exit_, plan_.was_canceled());
  }
  verdict.ending.dropped = intake_.dropped();
  if (is_adopted_ && verdict.ending.reason.empty()) verdict.ending.reason = kAdoptedReason;
  return verdict;
}

void StepRun::tell_loss(const uplink::Outcome& outcome) const {
  spdlog::error("{}", describe_loss(outcome, options_.target.log.to_string()));
  const std::string path = uplink_.spool_path();
  if (!path.empty()) spdlog::error("{}", describe_spool(outcome, uplink_.held_end(), path));
}

async::Awaitable<void> StepRun::end_tasks() {
  signals_.cancel();
  if (co_await tasks_.join(kTasksEnd)) co_return;
  tasks_.cancel();
  if (co_await tasks_.join(kTasksEnd)) co_return;
  for (const std::string& name : tasks_.names()) spdlog::warn("task {} does not end", name);
}

}  // namespace vela::step
