#include "core/follow/time_stamp.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace vela::follow {
namespace {

using std::chrono::microseconds;

constexpr std::size_t kMaxTimeBytes = 64;
// Longer spans are shown in seconds: nobody reads 12345.6 ms.
constexpr microseconds kLongSpan{10'000'000};

template <class... Values>
std::string print(const char* format, Values... values) {
  std::array<char, kMaxTimeBytes> text{};
  const int length = std::snprintf(text.data(), text.size(), format, values...);
  return std::string(text.data(), static_cast<std::size_t>(std::max(length, 0)));
}

struct WholeAndMillis {
  std::time_t seconds;
  int millis;
};

WholeAndMillis split(base::WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - whole);
  return {static_cast<std::time_t>(whole.time_since_epoch().count()),
          static_cast<int>(millis.count())};
}

std::string format_clock(base::WallTime time) {
  const auto [seconds, millis] = split(time);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return print("%02d:%02d:%02d.%03d", parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
}

std::string format_iso(base::WallTime time) {
  const auto [seconds, millis] = split(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return print("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1,
               parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
}

std::string format_elapsed(microseconds span) {
  const long long millis = std::max<long long>(span.count(), 0) / 1000;
  return print("%02lld:%02lld:%02lld.%03lld", millis / 3'600'000, millis / 60'000 % 60,
               millis / 1000 % 60, millis % 1000);
}

std::string format_span(microseconds span) {
  const auto micros = static_cast<double>(span.count());
  if (std::chrono::abs(span) < kLongSpan) return print("%+7.1fms", micros / 1000);
  return print("%+8.1fs", micros / 1'000'000);
}

}  // namespace

std::string format_time(TimeForm form, const LineTimes& times) {
  switch (form) {
    case TimeForm::clock:
      return format_clock(times.written);
    case TimeForm::iso:
      return format_iso(times.written);
    case TimeForm::elapsed:
      return format_elapsed(times.written - times.log_started);
    case TimeForm::delta:
      return format_span(times.written - times.line_before.value_or(times.written));
    case TimeForm::delay:
      break;
  }
  return format_span(times.shown - times.written);
}

}  // namespace vela::follow
