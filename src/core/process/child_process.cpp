#include "core/process/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "core/async/ready_watch.hpp"
#include "core/base/assert.hpp"
#include "core/process/command_lookup.hpp"
#include "core/process/job_control.hpp"

namespace vela::process {
namespace {

// What an unprivileged process may ask for by default (/proc/sys/fs/pipe-max-size).
constexpr int kPipeBytes = 1024 * 1024;

// How often to ask whether the child has ended where pidfd_open is refused (an old container's
// seccomp filter).
constexpr std::chrono::milliseconds kExitPoll{20};

// How much of a file tells a script from a program: a NUL in its first line, as bash looks.
constexpr std::size_t kSampleBytes = 80;

constexpr const char* kShell = "/bin/sh";

struct Pipe {
  base::UniqueFd reader;
  base::UniqueFd writer;
};

// `fd` above 0, 1 and 2, which the child's own take when ours were closed.
base::UniqueFd above_standard(base::UniqueFd fd) {
  if (fd.get() > STDERR_FILENO) return fd;
  return base::UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return errno_error(ErrorCode::unavailable, "making a pipe", errno);
  }
  Pipe pipe;
  pipe.reader = above_standard(base::UniqueFd(ends[0]));
  pipe.writer = above_standard(base::UniqueFd(ends[1]));
  if (!pipe.reader.is_open() || !pipe.writer.is_open()) {
    return errno_error(ErrorCode::unavailable, "making a pipe", errno);
  }
  return pipe;
}

// A pipe for the child's output: as large as the system lets it be, read without blocking.
Result<Pipe> make_output_pipe() {
  Result<Pipe> pipe = make_pipe();
  if (!pipe) return pipe;
  static_cast<void>(::fcntl(pipe->reader.get(), F_SETPIPE_SZ, kPipeBytes));
  if (::fcntl(pipe->reader.get(), F_SETFL, O_NONBLOCK) != 0) {
    return errno_error(ErrorCode::unavailable, "making a pipe non-blocking", errno);
  }
  return pipe;
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// ---- in the child, between fork and exec: async-signal-safe calls only

struct Launch {
  pid_t parent;
  int out;
  int err;
  int failure;  // gets errno when the command can't be executed; closed by exec
  bool takes_terminal;
  const char* path;
  char* const* argv;
  char* const* script_argv;  // the same as a script for kShell
};

bool is_script(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  char sample[kSampleBytes];
  const ssize_t length = fd < 0 ? -1 : ::read(fd, sample, sizeof(sample));
  if (length < 0) return false;
  for (ssize_t i = 0; i < length && sample[i] != '\n'; ++i) {
    if (sample[i] == '\0') return false;
  }
  return true;
}

[[noreturn]] void run_child(const Launch& launch) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != launch.parent) ::_exit(128 + SIGTERM);  // it died before the line above
  // All signals are blocked, so that SIGTTOU does not stop us here.
  if (launch.takes_terminal) ::tcsetpgrp(STDIN_FILENO, ::getpid());
  ::dup2(launch.out, STDOUT_FILENO);
  ::dup2(launch.err, STDERR_FILENO);

  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &by_default, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  ::execve(launch.path, launch.argv, environ);
  // No "#!" line: a script for the shell, as every shell has it.
  if (errno == ENOEXEC && is_script(launch.path)) ::execve(kShell, launch.script_argv, environ);
  const int failure = errno;
  static_cast<void>(!::write(launch.failure, &failure, sizeof(failure)));
  ::_exit(127);
}

// ---- in the parent

// Whoever started us may have ignored SIGCHLD, and the kernel then throws exit statuses away.
void keep_exit_statuses() {
  struct sigaction current{};
  if (::sigaction(SIGCHLD, nullptr, &current) == 0 && current.sa_handler == SIG_IGN) {
    ::signal(SIGCHLD, SIG_DFL);
  }
}

// Forks with all signals blocked: a handler of ours must not run in the child.
pid_t fork_child(const Launch& launch) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(launch);
  const int failure = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = failure;
  return pid;
}

// errno of the child's exec; 0 when it succeeded, which closes the pipe.
int exec_failure(const base::UniqueFd& reader) {
  int failure = 0;
  ssize_t length = 0;
  do {
    length = ::read(reader.get(), &failure, sizeof(failure));
  } while (length < 0 && errno == EINTR);
  return length == sizeof(failure) ? failure : 0;
}

int reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

ExitStatus exit_status(int status) {
  ExitStatus exit;
  exit.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  exit.code = exit.signal != 0 ? 128 + exit.signal : WEXITSTATUS(status);
  return exit;
}

// True when the child has ended and waits to be reaped.
bool has_ended(pid_t pid) {
  siginfo_t info{};
  const int options = WEXITED | WNOHANG | WNOWAIT;
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, options) == 0 && info.si_pid == pid;
}

}  // namespace

struct ChildProcess::State {
  ~State() {
    if (pid <= 0 || exit) return;
    ::kill(-pid, SIGKILL);
    reap(pid);
  }

  // Returns when the child has ended and is not reaped yet.
  async::Awaitable<Result<void>> wait_for_end(boost::asio::any_io_executor executor) const {
    if (pidfd.is_open()) {
      async::ReadyWatch watch(executor, pidfd.get(), async::ReadyWatch::Direction::reading);
      if (watch.can_wait()) co_return co_await watch.wait();
    }
    boost::asio::steady_timer timer(executor);
    while (!has_ended(pid)) {
      timer.expires_after(kExitPoll);
      const auto [ec] = co_await timer.async_wait(async::kUse);
      if (ec) co_return Error(ErrorCode::canceled, "canceled");
    }
    co_return Result<void>();
  }

  async::Awaitable<Result<ExitStatus>> wait(boost::asio::any_io_executor executor) {
    if (exit) co_return *exit;
    job.watch_stops(executor);
    const Result<void> ended = co_await wait_for_end(executor);
    if (!ended) co_return ended.error();
    exit = exit_status(reap(pid));
    job.end();
    co_return *exit;
  }

  JobControl job;
  pid_t pid = 0;
  base::UniqueFd pidfd;
  base::UniqueFd out;
  base::UniqueFd err;
  std::optional<ExitStatus> exit;
};

ChildProcess::ChildProcess(std::unique_ptr<State> state) : state_(std::move(state)) {}
ChildProcess::ChildProcess(ChildProcess&&) noexcept = default;
ChildProcess& ChildProcess::operator=(ChildProcess&&) noexcept = default;
ChildProcess::~ChildProcess() = default;

Result<ChildProcess> ChildProcess::spawn(const std::vector<std::string>& argv) {
  VELA_ASSERT(!argv.empty());
  const Result<std::string> path = find_command(argv.front());
  if (!path) return path.error();
  Result<Pipe> out = make_output_pipe();
  if (!out) return out.error();
  Result<Pipe> err = make_output_pipe();
  if (!err) return err.error();
  Result<Pipe> failure = make_pipe();
  if (!failure) return failure.error();

  std::vector<std::string> script = argv;
  script.front() = *path;
  script.insert(script.begin(), kShell);
  const std::vector<char*> command_words = pointers_to(argv);
  const std::vector<char*> script_words = pointers_to(script);

  auto state = std::make_unique<State>();
  Launch launch{};
  launch.parent = ::getpid();
  launch.out = out->writer.get();
  launch.err = err->writer.get();
  launch.failure = failure->writer.get();
  launch.takes_terminal = state->job.is_foreground();
  launch.path = path->c_str();
  launch.argv = command_words.data();
  launch.script_argv = script_words.data();

  keep_exit_statuses();
  const pid_t pid = fork_child(launch);
  if (pid < 0) return errno_error(ErrorCode::unavailable, "starting " + argv.front(), errno);
  state->pid = pid;
  ::setpgid(pid, pid);  // the child does it too: whoever comes first
  state->job.begin(pid);
  state->pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  failure->writer.reset();
  if (const int failed = exec_failure(failure->reader); failed != 0) {
    return exec_error(argv.front(), *path, failed);
  }
  state->out = std::move(out->reader);
  state->err = std::move(err->reader);
  return ChildProcess(std::move(state));
}

pid_t ChildProcess::pid() const { return state_->pid; }

base::UniqueFd ChildProcess::take_stdout() { return std::move(state_->out); }

base::UniqueFd ChildProcess::take_stderr() { return std::move(state_->err); }

// Also after the exit: what the command left behind in its group may still hold the pipes.
void ChildProcess::signal_group(int signal) { ::kill(-state_->pid, signal); }

async::Awaitable<Result<ExitStatus>> ChildProcess::wait(boost::asio::any_io_executor executor) {
  return state_->wait(std::move(executor));
}

}  // namespace vela::process
