#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/unique_fd.hpp"
#include "support/temp_dir.hpp"

namespace vela::test {

// The program under test: $VELA_LOGS_BIN, else where this build puts it.
[[nodiscard]] std::string program_path();

struct Finished {
  int code = -1;  // exit code, or 128 + signal
  std::string out;
  std::string err;
  // When each read of its standard output came, and how much of `out` there was then.
  struct Arrival {
    std::size_t end = 0;
    std::chrono::steady_clock::time_point time;
  };
  std::vector<Arrival> arrivals;
};

struct ProgramSetup {
  ProgramSetup() = default;
  explicit ProgramSetup(std::vector<std::string> args) : arguments(std::move(args)) {}

  std::string program;  // empty: the program under test
  std::vector<std::string> arguments;
  std::string input;                                             // all of its standard input
  std::vector<std::pair<std::string, std::string>> environment;  // beside ours
};

// One run of a program, mostly the built one. Its output is taken in whole, however much and
// whenever it comes. It is killed when the thread that made it ends, so that a test that is killed
// leaves nothing behind.
class Program {
 public:
  explicit Program(ProgramSetup setup);
  ~Program();  // kills a program that still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  [[nodiscard]] bool has_ended() const;
  // Whether `text` has come on its standard error so far.
  [[nodiscard]] bool has_said(const std::string& text);
  // Whether anything has come on its standard output so far.
  [[nodiscard]] bool has_printed();
  // Whether `text` has come on its standard output so far.
  [[nodiscard]] bool has_printed(const std::string& text);
  // All that has come on its standard output so far.
  [[nodiscard]] std::string printed();
  // Waits at most `cap`; beyond that it is killed and the test fails by an exception.
  [[nodiscard]] Finished wait(std::chrono::seconds cap = std::chrono::seconds(30));

 private:
  void read_output(base::UniqueFd fd);
  void read_errors(base::UniqueFd fd);

  TempDir spools_;  // its --spool-dir, unless the test names one
  pid_t pid_ = -1;
  std::thread input_;
  std::thread output_;
  std::thread errors_;
  // Guarded by mutex_.
  std::mutex mutex_;
  Finished so_far_;  // its output
};

// Runs it to its end.
[[nodiscard]] Finished run(std::vector<std::string> arguments, std::string input = {});

}  // namespace vela::test
