#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "core/base/clock.hpp"
#include "core/follow/follow_event.hpp"

namespace vela::follow {

// What a person is told while nothing comes, so that slow and hung can be told apart: for how long,
// and whether the worker is still heard. Does no I/O; knows nothing of terminals.
class SilenceLine {
 public:
  // `label`: how the line is to name the log when it is the only one that runs.
  void name_log(const logs::LogId& log, std::string label) { logs_[log].label = std::move(label); }
  // As the server says; a final state ends what there is to tell of the log.
  void on_state(const StateChange& change, base::SteadyTime now);
  void on_output(const logs::LogId& log, base::SteadyTime now);

  // "— no output for 1m05s, step is running —"; "" while output came lately or nothing runs.
  [[nodiscard]] std::string text(base::SteadyTime now) const;
  // When text() changes next by itself.
  [[nodiscard]] std::optional<base::SteadyTime> due(base::SteadyTime now) const;

 private:
  struct Watched {
    std::string label;
    bool is_open = false;  // its writer may still write
    bool is_lost = false;
    base::SteadyTime silent_since;
    base::SteadyTime writer_seen;
    base::SteadyTime told;  // when the server last spoke of it
  };

  // Since when none of the open logs has had output; nothing when none is open.
  [[nodiscard]] std::optional<base::SteadyTime> silent_since() const;
  [[nodiscard]] std::string say_who_runs(base::SteadyTime now) const;

  std::map<logs::LogId, Watched> logs_;
};

// A span as the line writes it, to a second: "12s", "1m05s", "1h02m".
[[nodiscard]] std::string format_silence(std::chrono::seconds span);

}  // namespace vela::follow
