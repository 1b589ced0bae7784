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
// How much of each pause the sweep may take: a fifth of a core while there is a lot to move.
constexpr auto kSweepTime = 20ms;
// A disk that is full or away is not asked ten times a second.
constexpr auto kPauseAfterFailure = 5'000ms;

}  // namespace

Housekeeper::Housekeeper(Chore sweep, Chore checkpoint)
    : sweep_(std::move(sweep)), checkpoint_(std::move(checkpoint)), thread_([this] { run(); }) {}

Housekeeper::~Housekeeper() { stop(); }

void Housekeeper::on_commit() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(has_work_, true)) wake_up_.notify_all();
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
  std::unique_lock lock(mutex_);
  while (true) {
    wake_up_.wait(lock, [this] { return is_stopping_ || has_work_; });
    if (wake_up_.wait_for(lock, pause, [this] { return is_stopping_; })) return;
    has_work_ = false;
    lock.unlock();
    bool has_failed = false;
    const bool goes_on = run_chores(has_failed);
    if (!has_failed) has_logged_ = false;
    pause = has_failed ? kPauseAfterFailure : kPause;
    lock.lock();
    has_work_ = has_work_ || goes_on;
  }
}

bool Housekeeper::run_chores(bool& has_failed) {
  const base::SteadyTime until = base::steady_now() + kSweepTime;
  bool sweeps_on = true;
  while (sweeps_on && !has_failed && base::steady_now() < until)
    sweeps_on = judge(sweep_(), "sweep", has_failed);
  const bool checkpoints_on = judge(checkpoint_(), "checkpoint", has_failed);
  return sweeps_on || checkpoints_on;
}

bool Housekeeper::judge(const Result<bool>& outcome, const char* chore, bool& has_failed) {
  if (outcome) return *outcome;
  has_failed = true;
  const bool is_hopeless = outcome.error().code() == ErrorCode::corrupt;
  // Said once, until all goes well again.
  if (!std::exchange(has_logged_, true))
    spdlog::log(is_hopeless ? spdlog::level::err : spdlog::level::warn, "the store's {} failed: {}",
                chore, outcome.error().text());
  return !is_hopeless;
}

}  // namespace vela::store::sqlite
