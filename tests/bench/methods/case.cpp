#include "bench/methods/case.hpp"

namespace vela::bench {

std::vector<Case> plan_cases(const PlanOptions& options) {
  std::vector<Case> cases;
  for (const std::string& method : options.methods) {
    Case one;
    one.method = method;
    for (const int steps : options.sizes) {
      one.steps = steps;
      const bool is_small = steps <= kMostProcesses && !one.is_yardstick();
      one.writers = is_small ? Writers::run_step : Writers::driver;
      one.followed = Followed::one;
      cases.push_back(one);
      if (is_small && steps == kCompared) {
        one.writers = Writers::driver;
        cases.push_back(one);
      }
      if (steps == kAllFollowed) {
        one.followed = Followed::all;
        cases.push_back(one);
      }
    }
    if (!options.has_chatty) continue;
    one = Case();
    one.method = method;
    one.writers = one.is_yardstick() ? Writers::driver : Writers::run_step;
    one.is_chatty = true;
    cases.push_back(one);
  }
  return cases;
}

std::string describe(const Case& what) {
  std::string text = std::to_string(what.steps) + (what.is_chatty ? " chatty" : "") +
                     (what.steps == 1 ? " step" : " steps") + " by " + what.method;
  text += what.followed == Followed::all ? ", all followed" : ", one followed";
  if (what.writers == Writers::driver && !what.is_yardstick()) text += ", in one process";
  return text;
}

}  // namespace vela::bench
