#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vela::base {

// How many values of which size were seen: whole numbers in buckets, a few nanoseconds each.
//
// Executor: one thread.
class Histogram {
 public:
  static constexpr std::size_t kMaxBounds = 20;

  // `bounds` rise, at most kMaxBounds, and outlive this. Bucket i holds the values above bound i-1,
  // up to and with bound i; the last one what is above all.
  explicit Histogram(std::span<const std::uint64_t> bounds) : bounds_(bounds) {}

  void observe(std::uint64_t value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += value;
  }
  // Microseconds; a negative time, which a clock that was set makes, counts as none.
  void observe(std::chrono::microseconds time) {
    observe(static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.count())));
  }

  [[nodiscard]] std::span<const std::uint64_t> bounds() const { return bounds_; }
  // One more than there are bounds; not added up.
  [[nodiscard]] std::span<const std::uint64_t> counts() const {
    return std::span(counts_).first(bounds_.size() + 1);
  }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }

 private:
  std::span<const std::uint64_t> bounds_;
  std::array<std::uint64_t, kMaxBounds + 1> counts_{};
  std::uint64_t sum_ = 0;
};

// In microseconds, from what a line takes over a loopback to what an outage takes.
inline constexpr std::array<std::uint64_t, 18> kTimeBounds{
    100,       250,       500,       1'000,      2'500,      5'000,
    10'000,    25'000,    50'000,    100'000,    250'000,    500'000,
    1'000'000, 2'500'000, 5'000'000, 15'000'000, 60'000'000, 300'000'000};
// In bytes, from a line to the largest commit.
inline constexpr std::array<std::uint64_t, 10> kSizeBounds{
    256, 1'024, 4'096, 16'384, 65'536, 262'144, 1'048'576, 4'194'304, 8'388'608, 16'777'216};

}  // namespace vela::base
