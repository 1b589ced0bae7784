#pragma once

#include <sys/types.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/unique_fd.hpp"

namespace vela::test {

// The program under test: $VELA_LOGS_BIN, else where this build puts it.
[[nodiscard]] std::string program_path();

struct Finished {
  int code = -1;  // exit code, or 128 + signal
  std::string out;
  std::string err;
};

struct ProgramSetup {
  ProgramSetup() = default;
  explicit ProgramSetup(std::vector<std::string> args) : arguments(std::move(args)) {}

  std::vector<std::string> arguments;
  std::string input;                                             // all of its standard input
  std::vector<std::pair<std::string, std::string>> environment;  // beside ours
};

// One run of the built program. Its output is taken in whole, however much and whenever it comes.
class Program {
 public:
  explicit Program(ProgramSetup setup);
  ~Program();  // kills a program that still runs
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Whether `text` has come on its standard error so far.
  [[nodiscard]] bool has_said(const std::string& text);
  // Waits at most `cap`; beyond that it is killed and the test fails by an exception.
  [[nodiscard]] Finished wait(std::chrono::seconds cap = std::chrono::seconds(30));

 private:
  pid_t pid_ = -1;
  std::thread input_;
  std::thread output_;
  std::thread errors_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::string out_;
  std::string err_;
};

// Runs it to its end.
[[nodiscard]] Finished run(std::vector<std::string> arguments, std::string input = {});

}  // namespace vela::test
