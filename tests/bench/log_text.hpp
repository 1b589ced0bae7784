#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>

namespace vela::bench {

// Writes `bytes` of text like a build's output to `path`: compiler lines with their warnings,
// tests, downloads, with numbers, paths and times that differ from line to line. zstd's level 1
// makes it 10 to 11 times smaller, as 22.7 MB of real build output. The same text for the same
// size.
void write_log_text(const std::string& path, std::uint64_t bytes);

// Text like a build's output without an end, line by line; the same for the same seed.
class LogText {
 public:
  explicit LogText(unsigned seed);
  // With its end.
  [[nodiscard]] std::string next_line();

 private:
  std::mt19937 random_;
  int number_;
  std::string text_;  // made and not given out yet, from begin_ on
  std::size_t begin_ = 0;
};

// How a measured step prints: every `interval` what is due by then.
struct Pace {
  std::chrono::microseconds interval{};
  std::uint64_t bytes_per_second = 0;  // 0: one line each time
};
inline constexpr Pace kTenLinesPerSecond{std::chrono::milliseconds(100), 0};
inline constexpr Pace kChatty{std::chrono::milliseconds(10), 1'000'000};

// What one measured step prints, piece by piece. The last line of each piece ends with the time at
// which the piece was taken, " T" and nanoseconds since 1970.
class StepOutput {
 public:
  StepOutput(unsigned seed, Pace pace, std::chrono::microseconds length)
      : text_(seed), pace_(pace), length_(length) {}

  // When the next piece is due, from the start of the step; nothing when the step is over.
  [[nodiscard]] std::optional<std::chrono::microseconds> due() const;
  [[nodiscard]] std::string take();

 private:
  LogText text_;
  const Pace pace_;
  const std::chrono::microseconds length_;
  int pieces_ = 0;
  std::uint64_t bytes_ = 0;
};

// The child of a measured step: prints `lines` lines, one every `interval_ms`, each with the time
// at which it was written ("T" and nanoseconds since 1970).
void print_timed_lines(int lines, int interval_ms);

}  // namespace vela::bench
