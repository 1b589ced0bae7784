#include "support/forked.hpp"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <stdexcept>

#include "support/await.hpp"

namespace vela::test {
namespace {

constexpr int kThrew = 125;

[[noreturn]] void run_body(const std::function<int()>& body) {
  int status = kThrew;
  try {
    status = body();
  } catch (const std::exception& error) {
    fprintf(stderr, "forked: %s\n", error.what());
  }
  ::_exit(status);  // no destructors, no reports of the test program twice
}

int exit_status_of(pid_t pid) {
  const int status = wait_status(pid, 0);
  if (status < 0) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    throw std::runtime_error("the forked process did not end in time");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

int wait_status(pid_t pid, int options) {
  const auto until = std::chrono::steady_clock::now() + kWaitCap;
  while (std::chrono::steady_clock::now() < until) {
    int status = 0;
    const pid_t changed = ::waitpid(pid, &status, options | WNOHANG);
    if (changed == pid) return status;
    if (changed < 0 && errno != EINTR) return -1;
    ::poll(nullptr, 0, 1);  // a stop shows on no descriptor
  }
  return -1;
}

int run_forked(const std::function<int()>& body) {
  fflush(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) run_body(body);
  return exit_status_of(pid);
}

int run_on_terminal(const std::function<int()>& body, const std::function<void(int)>& on_terminal) {
  fflush(nullptr);
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid < 0) throw std::runtime_error("forkpty failed");
  if (pid == 0) run_body(body);
  on_terminal(terminal);
  const int status = exit_status_of(pid);
  ::close(terminal);
  return status;
}

bool deny_system_call(long number, int errno_value) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<__u32>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<__u32>(errno_value)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{};
  program.len = sizeof(filter) / sizeof(filter[0]);
  program.filter = filter;
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace vela::test
