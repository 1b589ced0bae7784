#include "core/base/histogram.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace vela::base;
using std::chrono_literals::operator""us;

TEST_CASE("a bound belongs to its own bucket, and what is above all has one too") {
  constexpr std::array<std::uint64_t, 3> kBounds{10, 20, 40};
  Histogram histogram(kBounds);
  for (const std::uint64_t value : {0U, 10U, 11U, 20U, 40U, 41U, 1000U}) histogram.observe(value);
  const std::vector<std::uint64_t> counts(histogram.counts().begin(), histogram.counts().end());
  CHECK(counts == std::vector<std::uint64_t>{2, 2, 1, 2});
  CHECK(histogram.sum() == 1122);
}

TEST_CASE("a time is counted in microseconds, a negative one as none") {
  Histogram histogram(kTimeBounds);
  histogram.observe(-5us);
  histogram.observe(100us);
  histogram.observe(101us);
  CHECK(histogram.counts()[0] == 2);
  CHECK(histogram.counts()[1] == 1);
  CHECK(histogram.sum() == 201);
}

TEST_CASE("bounds rise and fit") {
  CHECK(std::is_sorted(kTimeBounds.begin(), kTimeBounds.end()));
  CHECK(std::is_sorted(kSizeBounds.begin(), kSizeBounds.end()));
  CHECK(kTimeBounds.size() <= Histogram::kMaxBounds);
  CHECK(kSizeBounds.size() <= Histogram::kMaxBounds);
}
