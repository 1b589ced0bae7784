#pragma once

#include <string_view>

namespace vela::bench {

// How the programs call the yardstick beside the methods: the whole log once more each second, as
// Vela's worker does it.
inline constexpr std::string_view kWholeLog = "whole-log";

}  // namespace vela::bench
