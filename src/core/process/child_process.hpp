#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace vela::process {

// How a command ended.
struct ExitStatus {
  int code = 0;    // its exit code; 128 + signal when a signal killed it, as a shell says
  int signal = 0;  // 0: it exited by itself
};

// One command in a process group of its own, its output on two pipes.
//
// It gets SIGTERM when this process dies (PR_SET_PDEATHSIG), default signal dispositions and mask,
// and inherits standard input. When standard input is our controlling terminal and we are its
// foreground group, the child's group becomes the foreground group until it ends, so that it may
// read.
class ChildProcess {
 public:
  // Runs argv[0], looked up in PATH, with `argv`. The pipes hold 1 MiB where the system allows it.
  // Errors: not_found (exit 127) and invalid (exit 126) when the command can't be executed, with a
  // shell's text ("sleeep: command not found"); unavailable when the system refuses (fork, pipe).
  [[nodiscard]] static Result<ChildProcess> spawn(const std::vector<std::string>& argv);

  ChildProcess(ChildProcess&&) noexcept;
  ChildProcess& operator=(ChildProcess&&) noexcept;
  ~ChildProcess();  // kills and reaps a child that still runs

  [[nodiscard]] pid_t pid() const;
  // The read ends, non-blocking; each can be taken once.
  [[nodiscard]] base::UniqueFd take_stdout();
  [[nodiscard]] base::UniqueFd take_stderr();

  // Sends `signal` to the child's process group; harmless when it is gone.
  void signal_group(int signal);

  // Waits for the exit (pidfd, no polling), reaps, and gives the terminal back. Its output may go
  // on: a grandchild may hold the pipes. Errors: canceled.
  [[nodiscard]] async::Awaitable<Result<ExitStatus>> wait(boost::asio::any_io_executor executor);

 private:
  struct State;
  explicit ChildProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vela::process
