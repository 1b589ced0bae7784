#pragma once

#include "bench/methods/figures.hpp"

namespace vela::bench {

// Where and when: processor, memory, kernel, distribution, file system of `directory`, date,
// commit.
[[nodiscard]] Notes describe_machine(const std::string& directory);

}  // namespace vela::bench
