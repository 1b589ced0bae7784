#include "core/base/quantity.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>

namespace vela::base {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, so that formatting finds the shortest form.
constexpr std::array kDurationUnits{Unit{"d", 86'400'000'000}, Unit{"h", 3'600'000'000},
                                    Unit{"m", 60'000'000},     Unit{"s", 1'000'000},
                                    Unit{"ms", 1'000},         Unit{"us", 1}};

constexpr std::array kBinaryUnits{Unit{"TiB", 1ULL << 40}, Unit{"GiB", 1ULL << 30},
                                  Unit{"MiB", 1ULL << 20}, Unit{"KiB", 1ULL << 10}};

constexpr std::array kDecimalUnits{Unit{"TB", 1'000'000'000'000}, Unit{"GB", 1'000'000'000},
                                   Unit{"MB", 1'000'000}, Unit{"kB", 1'000}, Unit{"B", 1}};

// The number at the front of `text`, which loses it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view take_unit(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && (text[length] < '0' || text[length] > '9')) ++length;
  const std::string_view unit = text.substr(0, length);
  text.remove_prefix(length);
  return unit;
}

template <class Units>
std::optional<std::uint64_t> find_factor(const Units& units, std::string_view name) {
  for (const Unit& unit : units)
    if (unit.name == name) return unit.factor;
  return std::nullopt;
}

bool has_room(std::uint64_t value, std::uint64_t factor, std::uint64_t sum) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return value <= (kMost - sum) / factor;
}

Error bad_quantity(std::string_view kind, std::string_view text, std::string_view examples) {
  std::string message = "'";
  message.append(text).append("' is not a ").append(kind).append("; write for example ");
  message.append(examples);
  return Error(ErrorCode::invalid, std::move(message));
}

}  // namespace

Result<std::chrono::microseconds> parse_duration(std::string_view text) {
  const Error bad = bad_quantity("duration", text, "250ms, 1s, 5m or 90d");
  if (text == "0") return std::chrono::microseconds(0);
  std::uint64_t sum = 0;
  std::string_view rest = text;
  do {
    const auto value = take_number(rest);
    const auto factor = value ? find_factor(kDurationUnits, take_unit(rest)) : std::nullopt;
    if (!factor || !has_room(*value, *factor, sum)) return bad;
    sum += *value * *factor;
  } while (!rest.empty());
  return std::chrono::microseconds(static_cast<std::int64_t>(sum));
}

std::string format_duration(std::chrono::microseconds duration) {
  auto rest = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
  if (rest == 0) return "0s";
  std::string text;
  for (const Unit& unit : kDurationUnits) {
    if (const std::uint64_t whole = rest / unit.factor; whole != 0) {
      text += std::to_string(whole);
      text += unit.name;
      rest %= unit.factor;
    }
  }
  return text;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const Error bad = bad_quantity("size", text, "1000, 64KiB or 4MiB");
  std::string_view rest = text;
  const auto value = take_number(rest);
  if (!value) return bad;
  if (rest.empty()) return *value;
  auto factor = find_factor(kBinaryUnits, rest);
  if (!factor) factor = find_factor(kDecimalUnits, rest);
  if (!factor || !has_room(*value, *factor, 0)) return bad;
  return *value * *factor;
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kBinaryUnits)
    if (bytes >= unit.factor && bytes % unit.factor == 0)
      return std::to_string(bytes / unit.factor).append(unit.name);
  return std::to_string(bytes);
}

std::string format_rough_size(std::uint64_t bytes) {
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // What would round to 1024.0 is 1.0 of the next.
  for (; amount >= 1023.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", amount, kUnits[unit]);
  return text.data();
}

}  // namespace vela::base
