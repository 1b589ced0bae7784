#include "core/api/metrics.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

#include "core/api/request_counts.hpp"
#include "support/metrics_text.hpp"

using namespace vela;
using api::MetricFamilies;
using api::RequestCounts;

namespace {

net::RequestEnd end_of(int mark, int status) {
  net::RequestEnd end;
  end.mark = mark;
  end.status = status;
  return end;
}

test::MetricsText parsed(const MetricFamilies& families) {
  test::MetricsText text = test::parse_metrics(families.to_text());
  CHECK(text.faults.empty());
  return text;
}

}  // namespace

TEST_CASE("a histogram's buckets add up, in the metric's unit, and end at infinity") {
  constexpr std::array<std::uint64_t, 2> kBounds{1000, 2'000'000};
  base::Histogram histogram(kBounds);
  for (const std::uint64_t value : {1U, 1000U, 1001U, 5'000'000U}) histogram.observe(value);
  MetricFamilies families;
  families.add_histogram("x_seconds", "A time", histogram, api::kMicrosecond);
  const test::MetricsText text = parsed(families);
  CHECK(text.value("x_seconds_bucket{le=\"0.001\"}") == 2);
  CHECK(text.value("x_seconds_bucket{le=\"2\"}") == 3);
  CHECK(text.value("x_seconds_bucket{le=\"+Inf\"}") == 4);
  CHECK(text.value("x_seconds_count") == 4);
  CHECK(text.value("x_seconds_sum") == doctest::Approx(5.002002));
}

TEST_CASE("a family without a value is told all the same") {
  MetricFamilies families;
  static_cast<void>(families.add_counters("x_total", "Things"));
  CHECK(parsed(families).families.contains("x_total"));
}

TEST_CASE("requests are counted by route and kind of answer, refusals by reason") {
  RequestCounts counts({{"GET", "/a"}, {"PUT", "/a"}});
  counts.count(end_of(0, 200), false);
  counts.count(end_of(0, 204), false);
  counts.count(end_of(1, 0), false);
  counts.count(end_of(1, 413), false);
  counts.count(end_of(-1, 431), false);
  counts.count(end_of(-1, 404), false);
  counts.count(end_of(0, 503), false);
  counts.count(end_of(0, 503), true);
  counts.count(end_of(0, 409), false);  // its reason is the hub's to tell
  counts.count(end_of(0, 599), false);
  MetricFamilies families;
  counts.put(families, {{"gap", 7}});
  const test::MetricsText text = parsed(families);
  const auto requests = [&text](const std::string& labels) {
    return text.value("vela_logs_http_requests_total{" + labels + "}");
  };
  CHECK(requests(R"(method="GET",route="/a",status="2xx")") == 2);
  CHECK(requests(R"(method="GET",route="/a",status="5xx")") == 3);
  CHECK(requests(R"(method="GET",route="/a",status="4xx")") == 1);
  CHECK(requests(R"(method="PUT",route="/a",status="none")") == 1);
  CHECK(requests(R"(method="",route="none",status="4xx")") == 2);
  const auto refused = [&text](const std::string& reason) {
    return text.value("vela_logs_refused_requests_total{reason=\"" + reason + "\"}");
  };
  CHECK(refused("gap") == 7);
  CHECK(refused("body_too_large") == 1);
  CHECK(refused("head_too_large") == 1);
  CHECK(refused("not_found") == 1);
  CHECK(refused("store") == 1);
  CHECK(refused("draining") == 1);
  CHECK(refused("malformed") == 0);
}

TEST_CASE("the process says what it uses") {
  MetricFamilies families;
  api::put_process_metrics(families);
  const test::MetricsText text = parsed(families);
  CHECK(text.value("process_resident_memory_bytes") > 1'000'000);
  CHECK(text.value("process_open_fds") >= 3);
  CHECK(text.value("process_max_fds") >= text.value("process_open_fds"));
  CHECK(text.value("process_start_time_seconds") > 1'700'000'000);
}

TEST_CASE("the checker finds what a reader of metrics would stumble over") {
  const auto faults = [](const std::string& text) {
    return test::parse_metrics(text).faults.size();
  };
  const std::string head = "# HELP a_total A thing\n# TYPE a_total counter\n";
  CHECK(faults(head + "a_total 1\n") == 0);
  CHECK(faults(head + "a_total{x=\"\\\"\"} 1\n") == 0);
  CHECK(faults(head + "a_total 1") != 0);
  CHECK(faults(head + "a_total one\n") != 0);
  CHECK(faults(head + "a_total -1\n") != 0);
  CHECK(faults(head + "b_total 1\n") != 0);
  CHECK(faults(head + "a_total 1\na_total 1\n") != 0);
  CHECK(faults(head + "a_total{x=1} 1\n") != 0);
  CHECK(faults(head + head) != 0);
  CHECK(faults("a_total 1\n") != 0);
  CHECK(faults("# HELP a A thing\n# TYPE a counter\na 1\n") != 0);
  const std::string histogram = "# HELP h A time\n# TYPE h histogram\n";
  const std::string end = "h_sum 1\nh_count 2\n";
  CHECK(faults(histogram + "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\n" + end) == 0);
  CHECK(faults(histogram + "h_bucket{le=\"1\"} 3\nh_bucket{le=\"+Inf\"} 2\n" + end) != 0);
  CHECK(faults(histogram + "h_bucket{le=\"1\"} 2\n" + end) != 0);
  CHECK(faults(histogram + "h_bucket{le=\"+Inf\"} 3\n" + end) != 0);
}
