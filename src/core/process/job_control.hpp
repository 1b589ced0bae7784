#pragma once

#include <signal.h>
#include <sys/types.h>

#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/signal_set.hpp>

namespace vela::process {

// What a shell does for a foreground job, done for a child in a process group of its own: it may
// read the terminal, Ctrl-C and Ctrl-Z reach it, and when it is stopped our own group stops with
// it, so that the person gets the shell back. Without a terminal on standard input it does nothing.
//
// Executor: one thread.
class JobControl {
 public:
  // Looks at standard input.
  JobControl();
  ~JobControl();  // as end()
  JobControl(const JobControl&) = delete;
  JobControl& operator=(const JobControl&) = delete;

  // True when the child is to make itself the terminal's foreground group before it begins.
  [[nodiscard]] bool is_foreground() const { return is_foreground_; }

  // The child's group has begun, in the foreground if is_foreground() said so.
  void begin(pid_t group);
  // Notices from now on that the child is stopped. Lifetime: `executor`'s loop runs until end().
  void watch_stops(const boost::asio::any_io_executor& executor);
  // The child has ended: takes the terminal back.
  void end();

 private:
  void ignore_background_stops();
  void take_back();
  void wait_for_stop();
  void stop_with_child();

  const bool has_terminal_;
  const bool is_foreground_;
  pid_t group_ = 0;
  bool is_lent_ = false;
  struct sigaction before_{};  // of SIGTTOU, while the terminal is lent
  std::optional<boost::asio::signal_set> child_signals_;
};

}  // namespace vela::process
