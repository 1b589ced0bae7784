#pragma once

#include <string>
#include <vector>

// From a child's write of a line to its arrival at a follower: measured lines carry their time.
namespace vela::bench {

// Nanoseconds since 1970.
[[nodiscard]] long long now_nanoseconds();

struct Delay {
  long long written = 0;  // nanoseconds since 1970
  double milliseconds = 0;
};

// Of each whole line in `text` that ends with "T" and nanoseconds since 1970, as seen at `now`;
// keeps an unfinished line in `text`.
[[nodiscard]] std::vector<Delay> take_delays(std::string& text, long long now);

// The value below which that part of `values` lies; -1 when there are none.
[[nodiscard]] double percentile(std::vector<double> values, double part);

}  // namespace vela::bench
