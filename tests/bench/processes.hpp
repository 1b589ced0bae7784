#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"

// Starting, watching and ending the processes that are measured.
namespace vela::bench {

// A running process; its standard output is read here when `out` is open. Killed when it goes.
class Process {
 public:
  // argv[0] is looked up in PATH. Standard error is ours, standard input is empty.
  Process(std::vector<std::string> argv, bool takes_output);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int out() const { return out_.get(); }
  void signal(int number) const;
  // Waits for its end; its exit code, 128 + signal when it was killed.
  int wait();
  // Has it ended? Then wait() returns at once.
  [[nodiscard]] bool has_ended() const;

 private:
  pid_t pid_ = -1;
  base::UniqueFd out_;
};

// What the kernel says of a process, without its children.
struct Usage {
  double cpu_seconds = 0;
  std::uint64_t private_kib = 0;  // RssAnon
};

[[nodiscard]] Usage usage_of(pid_t pid);

// The last CPU time and the highest memory of each process, as far as sample() saw them.
class Sampler {
 public:
  explicit Sampler(std::vector<pid_t> pids) : pids_(std::move(pids)), seen_(pids_.size()) {}
  void sample();
  [[nodiscard]] const Usage& operator[](std::size_t index) const { return seen_[index]; }
  // Over all of them: summed CPU time, highest memory of one.
  [[nodiscard]] Usage all() const;

 private:
  std::vector<pid_t> pids_;
  std::vector<Usage> seen_;
};

[[nodiscard]] double now_seconds();

}  // namespace vela::bench
