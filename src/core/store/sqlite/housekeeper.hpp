#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

#include "core/base/error.hpp"

namespace vela::store::sqlite {

// A thread that looks after the store between commits: a little after one it sweeps and makes a
// checkpoint, until both are finished; then it sleeps, without waking up, until the next commit.
//
// Errors: those of a chore are logged once; it is tried again after `pause_after_failure`, or, when
//         it found the store corrupt, after the next commit.
class Housekeeper {
 public:
  // Called on the thread; true when it is not finished.
  using Chore = std::function<Result<bool>()>;

  // A disk that is full or away is not asked ten times a second.
  static constexpr std::chrono::seconds kPauseAfterFailure{5};

  Housekeeper(Chore sweep, Chore checkpoint,
              std::chrono::milliseconds pause_after_failure = kPauseAfterFailure);
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;
  ~Housekeeper();

  // Executor: any thread.
  void on_commit();
  // How many chores have failed. Executor: any thread.
  [[nodiscard]] std::uint64_t failures() const { return failures_; }
  // Waits for the chore under way, a few milliseconds.
  void stop();

 private:
  void run();
  [[nodiscard]] bool run_sweep(std::chrono::milliseconds sweep_time, bool& has_failed);
  [[nodiscard]] bool judge(const Result<bool>& outcome, const char* chore, bool& has_failed);

  const Chore sweep_;
  const Chore checkpoint_;
  const std::chrono::milliseconds pause_after_failure_;
  std::atomic<std::uint64_t> failures_{0};

  // Confined to the thread.
  bool has_logged_ = false;

  std::mutex mutex_;
  std::condition_variable wake_up_;
  // Guarded by mutex_.
  bool is_stopping_ = false;
  bool has_commits_ = false;  // since the last turn

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace vela::store::sqlite
