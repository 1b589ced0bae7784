#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/tally.hpp"

namespace vela::fault {

struct StepSetup {
  int number = 1;  // of octocat/hello/42/steps/N
  std::string method;
  std::string writer_url;  // run-step's --server
  std::string reader_url;  // tail's
  std::uint64_t seed = 0;
  std::uint64_t lines = 1'000'000'000;
  std::string pause;      // the printer's PAUSE_US
  std::string stop_file;  // the printer's STOP_FILE
};

// The command line that prints, and records what it prints in `record`.
[[nodiscard]] std::vector<std::string> printer_of(const StepSetup& setup,
                                                  const std::string& record);

// A step whose child prints, and a `tail --raw` that is there from the beginning.
class WatchedStep {
 public:
  // Starts both.
  WatchedStep(StepSetup setup, const test::TempDir& dir);

  // Waits for their ends, checks that the server holds the whole log and says so, and compares it
  // and what tail printed with what the child printed.
  [[nodiscard]] Tally finish(const test::Server& server);

  [[nodiscard]] const StepSetup& setup() const { return setup_; }
  [[nodiscard]] test::Program& tail() { return *tail_; }
  // What the child has printed so far.
  [[nodiscard]] std::string printed() const { return test::read_file(record_); }
  [[nodiscard]] std::string log_path() const { return "/steps/" + std::to_string(setup_.number); }

 private:
  StepSetup setup_;
  std::string record_;
  std::optional<test::Program> tail_;
  std::optional<test::Program> step_;
};

}  // namespace vela::fault
