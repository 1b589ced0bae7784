#include "core/store/sqlite/housekeeper.hpp"

#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/clock.hpp"

namespace vela::store::sqlite {
namespace {

using std::chrono_literals::operator""ms;

// Commits that come within it share one checkpoint; the write-ahead log stays short all the same.
constexpr auto kPause = 100ms;
// How much of a turn the sweep may take while there is a lot to move: commits come first.
constexpr auto kSweepTimeBesideCommits = 20ms;
constexpr auto kSweepTimeAlone = 100ms;
// Between two steps of a sweep, so that a commit that waits gets its turn: a mutex is not fair.
constexpr auto kPauseBetweenSteps = 1ms;

}  // namespace

Housekeeper::Housekeeper(Chore sweep, Chore checkpoint,
                         std::chrono::milliseconds pause_after_failure)
    : sweep_(std::move(sweep)),
      checkpoint_(std::move(checkpoint)),
      pause_after_failure_(pause_after_failure),
      thread_([this] { run(); }) {}

Housekeeper::~Housekeeper() { stop(); }

void Housekeeper::on_commit() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(has_commits_, true)) wake_up_.notify_all();
}

void Housekeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    wake_up_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::run() {
  auto pause = std::chrono::milliseconds(kPause);
  bool has_work = false;
  while (true) {
    std::chrono::milliseconds sweep_time;
    {
      std::unique_lock lock(mutex_);
      wake_up_.wait(lock, [&] { return is_stopping_ || has_commits_ || has_work; });
      if (wake_up_.wait_for(lock, pause, [this] { return is_stopping_; })) return;
      sweep_time = std::exchange(has_commits_, false) ? kSweepTimeBesideCommits : kSweepTimeAlone;
    }
    bool has_failed = false;
    const bool sweeps_on = run_sweep(sweep_time, has_failed);
    const bool checkpoints_on = judge(checkpoint_(), "checkpoint", has_failed);
    has_work = sweeps_on || checkpoints_on;
    if (!has_failed) has_logged_ = false;
    pause = has_failed ? pause_after_failure_ : kPause;
  }
}

// True when there is more to do.
bool Housekeeper::run_sweep(std::chrono::milliseconds sweep_time, bool& has_failed) {
  const base::SteadyTime until = base::steady_now() + sweep_time;
  while (judge(sweep_(), "sweep", has_failed)) {
    if (has_failed || base::steady_now() >= until) return true;
    std::unique_lock lock(mutex_);
    if (wake_up_.wait_for(lock, kPauseBetweenSteps, [this] { return is_stopping_; })) return true;
  }
  return false;
}

bool Housekeeper::judge(const Result<bool>& outcome, const char* chore, bool& has_failed) {
  if (outcome) return *outcome;
  has_failed = true;
  ++failures_;
  const bool is_hopeless = outcome.error().code() == ErrorCode::corrupt;
  // Said once, until all goes well again.
  if (!std::exchange(has_logged_, true))
    spdlog::log(is_hopeless ? spdlog::level::err : spdlog::level::warn, "the store's {} failed: {}",
                chore, outcome.error().text());
  return !is_hopeless;
}

}  // namespace vela::store::sqlite
