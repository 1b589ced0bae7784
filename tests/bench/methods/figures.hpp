#pragma once

#include <string>
#include <vector>

#include "core/base/error.hpp"

#include "bench/methods/case.hpp"

namespace vela::bench {

// One side of a case, worker or server.
struct Side {
  double cpu_seconds = 0;  // within the window
  double private_mib = 0;  // RssAnon, highest sample; the workers': of all together
  double peak_mib = 0;     // VmHWM; the workers': summed
  double written_bytes = 0;
};

// What was measured of one case. The window begins after the warm-up; what has no window is of the
// whole run, from the first announcement to the last seal.
struct Figures {
  Case what;
  std::string failure;  // why there is nothing below; empty when all is well

  double seconds = 0;  // the window
  Side worker;
  Side server;
  double requests_per_second = 0;  // -1: could not be counted
  double packets_per_second = 0;
  double log_bytes = 0;
  double wire_bytes = 0;
  double store_bytes = 0;
  std::vector<double> delays = {};  // p50, p99, max in ms; empty when no line came
  double delayed_lines = 0;         // how many those are of
};

// How all of it was run, for the report: name and text, in order.
using Notes = std::vector<std::pair<std::string, std::string>>;

struct Results {
  Notes notes;
  std::vector<Figures> figures;

  // Nothing when that was not measured, or failed.
  [[nodiscard]] const Figures* find(const Case& what) const;
};

[[nodiscard]] std::string to_json(const Results& results);
// Errors: invalid.
[[nodiscard]] Result<Results> parse_results(const std::string& json);

}  // namespace vela::bench
