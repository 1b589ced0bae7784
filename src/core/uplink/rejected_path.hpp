#pragma once

#include <chrono>
#include <string>

// What is done where a path is shown not to carry what the method sends.
namespace vela::uplink {

// What holds a stream back, or keeps a WebSocket from passing, is a proxy's configuration; that
// does not change by the minute.
inline constexpr std::chrono::minutes kRejectedFor{10};

// For people, with why.
[[nodiscard]] inline std::string tell_rejected(const std::string& why) {
  return "output goes in short appends for " + std::to_string(kRejectedFor.count()) +
         " minutes: " + why;
}

}  // namespace vela::uplink
