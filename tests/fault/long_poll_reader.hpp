#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "support/program.hpp"

namespace vela::fault {

// Reads a log of build octocat/hello/42 as a `curl` in a loop would: GET …/logs?cursor=…&wait=10
// until the log has ended. Every failure is answered by asking again.
class LongPollReader {
 public:
  LongPollReader(const std::string& server_url, int step_number);
  ~LongPollReader();
  LongPollReader(const LongPollReader&) = delete;
  LongPollReader& operator=(const LongPollReader&) = delete;

  // Waits at most `cap`; throws beyond that. `code` of what it returns is 0.
  [[nodiscard]] test::Finished wait(std::chrono::seconds cap);

 private:
  void run();

  const std::string log_url_;
  std::atomic<bool> has_ended_{false};
  std::atomic<bool> wants_end_{false};
  test::Finished read_;  // of thread_ until it has ended
  std::thread thread_;
};

}  // namespace vela::fault
