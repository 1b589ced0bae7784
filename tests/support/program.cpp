#include "support/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace vela::test {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
    read = base::UniqueFd(ends[0]);
    write = base::UniqueFd(ends[1]);
  }
  base::UniqueFd read;
  base::UniqueFd write;
};

void write_whole(base::UniqueFd fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t length = ::write(fd.get(), bytes.data() + done, bytes.size() - done);
    if (length <= 0) return;  // it does not read: its own business
    done += static_cast<std::size_t>(length);
  }
}

}  // namespace

std::string program_path() {
  const char* path = std::getenv("VELA_LOGS_BIN");
  return path != nullptr ? path : VELA_LOGS_BUILT_BIN;
}

Program::Program(ProgramSetup setup) {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe in;
  Pipe out;
  Pipe err;
  std::string path = setup.program.empty() ? program_path() : setup.program;
  std::vector<char*> argv{path.data()};
  for (std::string& argument : setup.arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(in.read.get(), STDIN_FILENO);
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
    ::setenv("VELA_LOGS_SPOOL_DIR", spools_.path().c_str(), 1);
    for (const auto& [name, value] : setup.environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execv(path.c_str(), argv.data());
    ::_exit(99);
  }
  input_ = std::thread([fd = std::move(in.write), bytes = std::move(setup.input)]() mutable {
    write_whole(std::move(fd), bytes);
  });
  output_ = std::thread([this, fd = std::move(out.read)]() mutable { read_output(std::move(fd)); });
  errors_ = std::thread([this, fd = std::move(err.read)]() mutable { read_errors(std::move(fd)); });
}

void Program::read_output(base::UniqueFd fd) {
  std::array<char, 64 * 1024> buffer{};
  ssize_t length = 0;
  while ((length = ::read(fd.get(), buffer.data(), buffer.size())) > 0) {
    const std::lock_guard lock(mutex_);
    so_far_.out.append(buffer.data(), static_cast<std::size_t>(length));
    so_far_.arrivals.push_back({so_far_.out.size(), std::chrono::steady_clock::now()});
  }
}

void Program::read_errors(base::UniqueFd fd) {
  std::array<char, 64 * 1024> buffer{};
  ssize_t length = 0;
  while ((length = ::read(fd.get(), buffer.data(), buffer.size())) > 0) {
    const std::lock_guard lock(mutex_);
    so_far_.err.append(buffer.data(), static_cast<std::size_t>(length));
  }
}

Program::~Program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  for (std::thread* thread : {&input_, &output_, &errors_})
    if (thread->joinable()) thread->join();
}

void Program::signal(int number) const { ::kill(pid_, number); }

bool Program::has_ended() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

bool Program::has_said(const std::string& text) {
  const std::lock_guard lock(mutex_);
  return so_far_.err.find(text) != std::string::npos;
}

bool Program::has_printed() {
  const std::lock_guard lock(mutex_);
  return !so_far_.out.empty();
}

bool Program::has_printed(const std::string& text) {
  const std::lock_guard lock(mutex_);
  return so_far_.out.find(text) != std::string::npos;
}

std::string Program::printed() {
  const std::lock_guard lock(mutex_);
  return so_far_.out;
}

Finished Program::wait(std::chrono::seconds cap) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  const base::UniqueFd owner(handle);
  pollfd ended{handle, POLLIN, 0};
  const auto most = static_cast<int>(std::chrono::milliseconds(cap).count());
  const bool has_ended = ::poll(&ended, 1, most) == 1;
  if (!has_ended) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  for (std::thread* thread : {&input_, &output_, &errors_}) thread->join();
  if (!has_ended)
    throw std::runtime_error("the program did not end in time; it said: " + so_far_.err);
  Finished finished = std::move(so_far_);
  finished.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return finished;
}

Finished run(std::vector<std::string> arguments, std::string input) {
  ProgramSetup setup(std::move(arguments));
  setup.input = std::move(input);
  Program program(std::move(setup));
  return program.wait();
}

}  // namespace vela::test
