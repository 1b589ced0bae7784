#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/methods/figures.hpp"

namespace vela::bench {

// One thing that was aimed at, and what came of it.
struct Aim {
  std::string text;
  std::string measured;
  std::optional<bool> is_met;  // nothing when it was not measured, or is reported without an aim
};

// All of them, whether they were measured or not.
[[nodiscard]] std::vector<Aim> judge_aims(const Results& results);

}  // namespace vela::bench
