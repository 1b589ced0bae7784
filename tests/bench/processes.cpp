#include "bench/processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>

namespace vela::bench {

Process::Process(std::vector<std::string> argv, bool takes_output, int errors) {
  std::array<int, 2> ends{-1, -1};
  if (takes_output && ::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  // Closed by exec: what is measured from here on is the program, not a copy of us.
  std::array<int, 2> begun{};
  if (::pipe2(begun.data(), O_CLOEXEC) != 0) std::abort();
  std::vector<char*> words;
  for (std::string& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(takes_output ? ends[1] : null, STDOUT_FILENO);
    ::dup2(errors, STDERR_FILENO);
    ::execvp(words[0], words.data());
    std::perror(words[0]);
    ::_exit(127);
  }
  ::close(begun[1]);
  const base::UniqueFd until_begun(begun[0]);
  char nothing = 0;
  while (::read(until_begun.get(), &nothing, 1) < 0 && errno == EINTR) {
  }
  if (!takes_output) return;
  ::close(ends[1]);
  out_ = base::UniqueFd(ends[0]);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), out_(std::move(other.out_)) {}

Process::~Process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const { ::kill(pid_, number); }

int Process::wait() {
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool Process::has_ended() const {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

namespace {

// The number behind `name` in a file of "name: number" lines below /proc/PID.
std::uint64_t find_number(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return std::strtoull(&line[name.size()], nullptr, 10);
  return 0;
}

}  // namespace

Usage usage_of(pid_t pid) {
  Usage usage;
  clockid_t clock{};
  timespec cpu{};
  if (::clock_getcpuclockid(pid, &clock) == 0 && ::clock_gettime(clock, &cpu) == 0)
    usage.cpu_seconds = static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9;
  const std::string status = "/proc/" + std::to_string(pid) + "/status";
  usage.private_kib = find_number(status, "RssAnon:");
  usage.peak_kib = find_number(status, "VmHWM:");
  return usage;
}

std::uint64_t written_bytes_of(pid_t pid) {
  return find_number("/proc/" + std::to_string(pid) + "/io", "write_bytes:");
}

void Sampler::sample() {
  for (std::size_t i = 0; i < pids_.size(); ++i) {
    const Usage now = usage_of(pids_[i]);
    seen_[i].cpu_seconds = std::max(seen_[i].cpu_seconds, now.cpu_seconds);
    seen_[i].private_kib = std::max(seen_[i].private_kib, now.private_kib);
    seen_[i].peak_kib = std::max(seen_[i].peak_kib, now.peak_kib);
  }
}

Usage Sampler::all() const {
  Usage sum;
  for (const Usage& usage : seen_) {
    sum.cpu_seconds += usage.cpu_seconds;
    sum.private_kib = std::max(sum.private_kib, usage.private_kib);
  }
  return sum;
}

double now_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

std::string read_line(int fd) {
  std::string line;
  char byte = 0;
  while (::read(fd, &byte, 1) == 1 && byte != '\n') line.push_back(byte);
  return line;
}

}  // namespace vela::bench
