#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/histogram.hpp"

namespace vela::api {

// What one answer of /metrics says. Families come out in the order in which they were made, each
// name once, so that a source describes a family and its values in one place.
class MetricFamilies {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

  // Adds values to a family that was just made; it is of use until the next one is.
  class Values {
   public:
    explicit Values(prometheus::MetricFamily& family) : family_(family) {}
    Values& add(const Labels& labels, double value);

   private:
    prometheus::MetricFamily& family_;
  };

  // A family of one value without a label.
  void add_counter(std::string_view name, std::string_view help, double value);
  void add_gauge(std::string_view name, std::string_view help, double value);
  // A family of a value for each label; without any it still says that there is such a metric.
  Values add_counters(std::string_view name, std::string_view help);
  Values add_gauges(std::string_view name, std::string_view help);
  // `unit`: what 1 of the histogram is in the metric's unit, 1e-6 for microseconds in seconds.
  void add_histogram(std::string_view name, std::string_view help, const base::Histogram& histogram,
                     double unit);

  // The text format of Prometheus, version 0.0.4.
  [[nodiscard]] std::string to_text() const;

 private:
  prometheus::MetricFamily& make(std::string_view name, std::string_view help,
                                 prometheus::MetricType type);

  std::vector<prometheus::MetricFamily> families_;
};

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr double kMicrosecond = 1e-6;
// A count as metrics have it; exact up to 2^53.
inline double number(std::uint64_t count) { return static_cast<double>(count); }

}  // namespace vela::api
