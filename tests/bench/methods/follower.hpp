#pragma once

#include <memory>
#include <vector>

#include "bench/delays.hpp"
#include "bench/methods/measured_server.hpp"

namespace vela::bench {

// Somebody who watches, and takes the time of what is seen.
//
// Executor: a thread of its own; calls from the thread that made it.
class Follower {
 public:
  virtual ~Follower() = default;
  // The logs have ended: waits until that is seen, and says what was. Once.
  [[nodiscard]] virtual std::vector<Delay> finish() = 0;
};

// tail of the first log or of the whole build; for the yardstick a page that asks for the logs
// every 5 s, as Vela's does.
[[nodiscard]] std::unique_ptr<Follower> follow(const Setting& setting, const Case& what,
                                               const MeasuredServer& server);

}  // namespace vela::bench
