#pragma once

#include <string_view>
#include <vector>

#include "core/base/assert.hpp"

// What every fuzz target is made of. A target is one file, NAME_fuzz.cpp, that defines check(); it
// is linked with the fuzzer (`make fuzz`) or with replay_main.cpp, which runs it over its corpus.
namespace vela::fuzz {

// Judges one input; aborts by VELA_ASSERT when a property does not hold.
void check(std::string_view input);

using Pieces = std::vector<std::string_view>;

// The input as one piece, byte by byte unless it is long, and in pieces whose lengths follow from
// its content, so that the same input is always cut alike. What is read must not depend on the cuts.
[[nodiscard]] std::vector<Pieces> ways_to_cut(std::string_view input);

}  // namespace vela::fuzz
