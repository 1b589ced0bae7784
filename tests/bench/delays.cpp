#include "bench/delays.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

namespace vela::bench {
namespace {

// From 2001 to 2286; what else stands behind a 'T' is text.
constexpr std::size_t kTimeDigits = 19;

std::optional<long long> find_time(std::string_view line) {
  if (line.size() < kTimeDigits + 2) return std::nullopt;
  const std::string_view mark = line.substr(line.size() - kTimeDigits - 2);
  if (!mark.starts_with(" T")) return std::nullopt;
  long long time = 0;
  const char* const end = mark.data() + mark.size();
  const auto [stopped, code] = std::from_chars(mark.data() + 2, end, time);
  if (code != std::errc() || stopped != end) return std::nullopt;
  return time;
}

}  // namespace

long long now_nanoseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

std::vector<Delay> take_delays(std::string& text, long long now) {
  std::vector<Delay> delays;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const auto written = find_time(std::string_view(text).substr(begin, end - begin));
    if (written) delays.push_back({*written, static_cast<double>(now - *written) / 1e6});
  }
  text.erase(0, begin);
  return delays;
}

double percentile(std::vector<double> values, double part) {
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

}  // namespace vela::bench
