#pragma once

#include <string>
#include <vector>

#include "bench/log_text.hpp"
#include "bench/yardstick.hpp"

// What `make bench-methods` measures.
namespace vela::bench {

enum class Writers { run_step, driver };  // a process each, or all in one process
enum class Followed { one, all };         // the first log, or all of them

struct Case {
  std::string method;  // as --method takes it, or kWholeLog
  int steps = 1;
  Writers writers = Writers::driver;
  Followed followed = Followed::one;
  bool is_chatty = false;

  [[nodiscard]] bool is_yardstick() const { return method == kWholeLog; }
  [[nodiscard]] Pace pace() const { return is_chatty ? kChatty : kTenLinesPerSecond; }
  friend bool operator==(const Case&, const Case&) = default;
};

struct PlanOptions {
  std::vector<std::string> methods;
  std::vector<int> sizes;
  bool has_chatty = true;
};

// All cases for each method in turn. Steps are run-steps up to kMostProcesses; where they are as
// many as kCompared, the driver is measured as well, to show that both agree. As many as
// kAllFollowed are measured once more with all of them followed.
inline constexpr int kMostProcesses = 10;
inline constexpr int kCompared = 10;
inline constexpr int kAllFollowed = 100;
[[nodiscard]] std::vector<Case> plan_cases(const PlanOptions& options);

// "100 steps by stream, one followed".
[[nodiscard]] std::string describe(const Case& what);

}  // namespace vela::bench
