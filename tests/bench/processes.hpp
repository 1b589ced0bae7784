#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/unique_fd.hpp"

// Starting, watching and ending the processes that are measured.
namespace vela::bench {

// A running process; its standard output is read here when `out` is open. Killed when it goes.
class Process {
 public:
  // argv[0] is looked up in PATH. Standard error goes to the descriptor `errors`, standard input is
  // empty. It is killed too when the thread that made it ends.
  Process(std::vector<std::string> argv, bool takes_output, int errors = STDERR_FILENO);
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
  double cpu_seconds = 0;         // to the nanosecond, ended threads included
  std::uint64_t private_kib = 0;  // RssAnon
  std::uint64_t peak_kib = 0;     // VmHWM: the highest there was, files and shared memory included
};

// All 0 once it has ended.
[[nodiscard]] Usage usage_of(pid_t pid);
// Bytes that it has caused to be written to a disk; 0 once it has ended.
[[nodiscard]] std::uint64_t written_bytes_of(pid_t pid);

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
// Up to the end of a line, which is left out.
[[nodiscard]] std::string read_line(int fd);

}  // namespace vela::bench
