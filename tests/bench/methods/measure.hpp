#pragma once

#include "bench/methods/figures.hpp"
#include "bench/methods/setting.hpp"

namespace vela::bench {

// Runs one case, with a server of its own, and says what it cost. What goes wrong stands in
// Figures::failure; throws Stopped alone. Takes the setting's seconds, the warm-up and a few more.
[[nodiscard]] Figures measure(const Setting& setting, const Case& what);

}  // namespace vela::bench
