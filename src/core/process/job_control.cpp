#include "core/process/job_control.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace vela::process {
namespace {

bool is_our_terminal() { return ::tcgetpgrp(STDIN_FILENO) != -1; }  // ENOTTY for any other

bool is_foreground_group() { return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp(); }

}  // namespace

JobControl::JobControl()
    : has_terminal_(is_our_terminal()), is_foreground_(has_terminal_ && is_foreground_group()) {}

JobControl::~JobControl() { end(); }

void JobControl::begin(pid_t group) {
  group_ = group;
  if (is_foreground_) ignore_background_stops();
}

void JobControl::watch_stops(const boost::asio::any_io_executor& executor) {
  if (!has_terminal_ || child_signals_) return;
  child_signals_.emplace(executor, SIGCHLD);
  wait_for_stop();
  stop_with_child();  // it may have been stopped before the watch began
}

void JobControl::end() {
  child_signals_.reset();
  take_back();
}

// While the terminal is lent we go on writing the child's output, whatever `stty tostop` says, and
// may set the foreground group.
void JobControl::ignore_background_stops() {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGTTOU, &ignore, &before_);
  is_lent_ = true;
}

void JobControl::take_back() {
  if (!is_lent_) return;
  ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  ::sigaction(SIGTTOU, &before_, nullptr);
  is_lent_ = false;
}

void JobControl::wait_for_stop() {
  child_signals_->async_wait([this](const boost::system::error_code& ec, int /*signal*/) {
    if (ec) return;  // `this` may be gone
    wait_for_stop();
    stop_with_child();
  });
}

void JobControl::stop_with_child() {
  siginfo_t stopped{};
  if (::waitid(P_PID, static_cast<id_t>(group_), &stopped, WSTOPPED | WNOHANG) != 0) return;
  if (stopped.si_pid == 0) return;
  take_back();
  // Returns when the shell continues us, and at once where there is no shell that could (an
  // orphaned process group, as in a container): then the child goes on at once too.
  ::kill(0, SIGTSTP);
  if (is_foreground_group()) {
    ignore_background_stops();
    ::tcsetpgrp(STDIN_FILENO, group_);
  }
  ::kill(-group_, SIGCONT);
}

}  // namespace vela::process
