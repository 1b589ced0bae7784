#pragma once

#include <map>
#include <string>
#include <vector>

namespace vela::test {

// An answer of /metrics, read as strictly as the format (version 0.0.4) can be.
struct MetricsText {
  struct Family {
    std::string help;
    std::string type;  // "counter", "gauge" or "histogram"
  };
  std::map<std::string, Family> families;  // by name
  // By "name{label=\"value\"}", labels in the order in which they came.
  std::map<std::string, double> samples;
  // What breaks the format or its customs, with its line; empty when nothing does.
  std::vector<std::string> faults;

  // 0 when there is none, as Prometheus sees a series that was never written.
  [[nodiscard]] double value(const std::string& series) const;
};

[[nodiscard]] MetricsText parse_metrics(const std::string& text);

}  // namespace vela::test
