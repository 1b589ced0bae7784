#include "core/step/stop_plan.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace vela::step {
namespace {

using std::chrono_literals::operator""s;

// SIGKILL takes effect at once unless the kernel itself is stuck (a dead disk or network mount).
constexpr auto kKillTakes = 5s;

}  // namespace

void StopPlan::on_signal(int signal, base::SteadyTime now) {
  ++signals_;
  if (phase_ == Phase::delivering) {
    shorten(end_delivery_at_, signals_ == 1 ? now + grace_ : now);
    return;
  }
  if (signal_ == 0) signal_ = signal;
  if (signals_ == 1) {
    ask_to_stop(signal, now);
    if (signal == SIGINT || signal == SIGTERM) was_canceled_ = true;
  } else {
    shorten(kill_at_, now);
  }
  // Reading ends on its own when those who write are gone; standard input has its own owner.
  if (phase_ == Phase::reading) shorten(end_reading_at_, signals_ == 1 ? now + grace_ : now);
}

void StopPlan::on_canceled(base::SteadyTime now) {
  if (phase_ == Phase::delivering) return;
  was_canceled_ = true;
  if (!kill_at_) ask_to_stop(SIGTERM, now);
  if (phase_ == Phase::reading) shorten(end_reading_at_, now + grace_);
}

void StopPlan::on_overflow(base::SteadyTime now) {
  if (phase_ == Phase::delivering) return;
  if (!kill_at_) ask_to_stop(SIGTERM, now);
  if (!has_child_) shorten(end_reading_at_, now);
}

void StopPlan::ask_to_stop(int signal, base::SteadyTime now) {
  if (!has_child_) return;
  queued_signal_ = signal;
  shorten(kill_at_, now + grace_);
}

void StopPlan::on_no_child() {
  has_child_ = false;
  phase_ = Phase::reading;
}

void StopPlan::on_child_exit(base::SteadyTime now) {
  phase_ = Phase::reading;
  shorten(end_reading_at_, now + grace_);
  // Reading may wait for room in the window, which is the server's to give.
  end_delivery_at_ = now + std::max(grace_, drain_timeout_);
}

void StopPlan::on_output_end(base::SteadyTime now) {
  phase_ = Phase::delivering;
  kill_at_.reset();
  end_delivery_at_ = now + drain_timeout_;
}

StopAction StopPlan::next(base::SteadyTime now) {
  if (queued_signal_ != 0)
    return {StopAction::Kind::signal_group, std::exchange(queued_signal_, 0), now};
  if (has_child_ && take_passed(kill_at_, now)) {
    abandon_at_ = now + kKillTakes;
    return {StopAction::Kind::signal_group, SIGKILL, now};
  }
  if (phase_ == Phase::running && take_passed(abandon_at_, now))
    return {StopAction::Kind::abandon_child, 0, now};
  if (phase_ == Phase::reading && take_passed(end_reading_at_, now))
    return {StopAction::Kind::end_reading, 0, now};
  if (take_passed(end_delivery_at_, now)) return {StopAction::Kind::end_delivery, 0, now};

  StopAction wait;
  for (const Limit& limit :
       {has_child_ ? kill_at_ : std::nullopt, phase_ == Phase::running ? abandon_at_ : std::nullopt,
        phase_ == Phase::reading ? end_reading_at_ : std::nullopt, end_delivery_at_})
    if (limit) wait.until = std::min(wait.until, *limit);
  return wait;
}

bool StopPlan::take_passed(Limit& limit, base::SteadyTime now) {
  if (!limit || *limit > now) return false;
  limit.reset();
  return true;
}

void StopPlan::shorten(Limit& limit, base::SteadyTime to) {
  limit = limit ? std::min(*limit, to) : to;
}

}  // namespace vela::step
