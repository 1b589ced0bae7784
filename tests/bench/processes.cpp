#include "bench/processes.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace vela::bench {

Process::Process(std::vector<std::string> argv, bool takes_output) {
  std::array<int, 2> ends{-1, -1};
  if (takes_output && ::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  std::vector<char*> words;
  for (std::string& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(takes_output ? ends[1] : null, STDOUT_FILENO);
    ::execvp(words[0], words.data());
    std::perror(words[0]);
    ::_exit(127);
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

Usage usage_of(pid_t pid) {
  Usage usage;
  const std::string directory = "/proc/" + std::to_string(pid);
  std::ifstream stat(directory + "/stat");
  std::string text;
  std::getline(stat, text);
  const auto paren = text.rfind(')');
  if (paren == std::string::npos) return usage;
  std::istringstream fields(text.substr(paren + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;  // up to field 13 of proc(5)
  double user = 0;
  double system = 0;
  fields >> user >> system;
  usage.cpu_seconds = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::ifstream status(directory + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) usage.private_kib = std::strtoull(&line[8], nullptr, 10);
  return usage;
}

void Sampler::sample() {
  for (std::size_t i = 0; i < pids_.size(); ++i) {
    const Usage now = usage_of(pids_[i]);
    seen_[i].cpu_seconds = std::max(seen_[i].cpu_seconds, now.cpu_seconds);
    seen_[i].private_kib = std::max(seen_[i].private_kib, now.private_kib);
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

}  // namespace vela::bench
