#include "core/api/metric_families.hpp"

#include <prometheus/text_serializer.h>

#include <limits>

namespace vela::api {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamilies::Values& MetricFamilies::Values::add(const Labels& labels, double value) {
  ClientMetric& metric = family_.metric.emplace_back();
  for (const auto& [name, text] : labels)
    metric.label.push_back({std::string(name), std::string(text)});
  metric.counter.value = value;
  metric.gauge.value = value;
  return *this;
}

MetricFamily& MetricFamilies::make(std::string_view name, std::string_view help, MetricType type) {
  MetricFamily& family = families_.emplace_back();
  family.name = name;
  family.help = help;
  family.type = type;
  return family;
}

MetricFamilies::Values MetricFamilies::add_counters(std::string_view name, std::string_view help) {
  return Values(make(name, help, MetricType::Counter));
}

MetricFamilies::Values MetricFamilies::add_gauges(std::string_view name, std::string_view help) {
  return Values(make(name, help, MetricType::Gauge));
}

void MetricFamilies::add_counter(std::string_view name, std::string_view help, double value) {
  add_counters(name, help).add({}, value);
}

void MetricFamilies::add_gauge(std::string_view name, std::string_view help, double value) {
  add_gauges(name, help).add({}, value);
}

void MetricFamilies::add_histogram(std::string_view name, std::string_view help,
                                   const base::Histogram& histogram, double unit) {
  ClientMetric& metric = make(name, help, MetricType::Histogram).metric.emplace_back();
  std::uint64_t count = 0;
  const auto counts = histogram.counts();
  for (std::size_t i = 0; i != counts.size(); ++i) {
    count += counts[i];
    const double bound = i < histogram.bounds().size()
                             ? static_cast<double>(histogram.bounds()[i]) * unit
                             : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({count, bound});
  }
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(histogram.sum()) * unit;
}

std::string MetricFamilies::to_text() const {
  const prometheus::TextSerializer serializer;
  return serializer.Serialize(families_);
}

}  // namespace vela::api
