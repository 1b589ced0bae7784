#pragma once

#include <chrono>
#include <optional>

#include "core/base/clock.hpp"

namespace vela::step {

struct StopAction {
  enum class Kind {
    wait,           // until `until`, or until something happens
    signal_group,   // send `signal` to the command's process group
    abandon_child,  // it does not even die of SIGKILL: stop waiting for its exit
    end_reading,    // what is still open is held by a process left behind, or is too slow
    end_delivery,   // the time for delivery is up
  };
  Kind kind = Kind::wait;
  int signal = 0;
  base::SteadyTime until = base::SteadyTime::max();
};

// How a step is asked to stop, and how long each part of its end may take. No I/O.
//
// The command runs; then its output is read to the end; then the log is delivered. A signal is
// passed on, a second one (or `grace` after the first) kills. The command's exit is not the end of
// its output: a process left behind may hold the pipes, and gets `grace`. Delivery gets
// `drain_timeout`; while it runs a first signal leaves `grace`, a second one nothing.
class StopPlan {
 public:
  StopPlan(std::chrono::microseconds grace, std::chrono::microseconds drain_timeout)
      : grace_(grace), drain_timeout_(drain_timeout) {}

  void on_signal(int signal, base::SteadyTime now);
  // The step was canceled on the server.
  void on_canceled(base::SteadyTime now);
  // What it prints can't be taken any more.
  void on_overflow(base::SteadyTime now);
  // There is no command: standard input is read from the start.
  void on_no_child();
  void on_child_exit(base::SteadyTime now);
  void on_output_end(base::SteadyTime now);

  // Each action but wait is given once.
  [[nodiscard]] StopAction next(base::SteadyTime now);

  // While the command ran (or standard input was read) it was told to stop: SIGINT, SIGTERM or the
  // server's word.
  [[nodiscard]] bool was_canceled() const { return was_canceled_; }
  // The first signal that came before the output had ended; 0 for none.
  [[nodiscard]] int signal() const { return signal_; }

 private:
  enum class Phase { running, reading, delivering };
  using Limit = std::optional<base::SteadyTime>;

  void ask_to_stop(int signal, base::SteadyTime now);
  // True once, when the limit has passed.
  static bool take_passed(Limit& limit, base::SteadyTime now);
  static void shorten(Limit& limit, base::SteadyTime to);

  std::chrono::microseconds grace_;
  std::chrono::microseconds drain_timeout_;
  Phase phase_ = Phase::running;
  int signals_ = 0;
  int signal_ = 0;
  bool was_canceled_ = false;
  int queued_signal_ = 0;
  bool has_child_ = true;
  Limit kill_at_;
  Limit abandon_at_;
  Limit end_reading_at_;
  Limit end_delivery_at_;
};

}  // namespace vela::step
