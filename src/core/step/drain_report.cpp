#include "core/step/drain_report.hpp"

#include <algorithm>

#include "core/base/quantity.hpp"

namespace vela::step {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Most logs are delivered before somebody could read that they are not.
constexpr auto kFirstOnTerminal = 1s;
constexpr auto kEveryOnTerminal = 500ms;
// A log of a log: often enough to see that it moves.
constexpr auto kEveryElsewhere = 10s;
// Long enough that a burst does not look like a rate.
constexpr auto kRateSpan = 3s;

}  // namespace

std::optional<std::string> DrainReport::next(std::string_view log, logs::ByteCount left,
                                             base::SteadyTime until, base::SteadyTime now) {
  const Sample sample{now, left};
  if (log != log_) {
    log_ = log;
    from_ = next_from_ = sample;
    look_at_ = now + (is_terminal_ ? kFirstOnTerminal : kEveryElsewhere);
    return std::nullopt;
  }
  if (now < look_at_) return std::nullopt;
  look_at_ = now + (is_terminal_ ? kEveryOnTerminal : kEveryElsewhere);
  std::string text = describe(log, sample, until);
  if (now - next_from_.at >= kRateSpan) {
    from_ = next_from_;
    next_from_ = sample;
  }
  return text;
}

std::string DrainReport::describe(std::string_view log, const Sample& sample,
                                  base::SteadyTime until) const {
  std::string text =
      "delivering " + std::string(log) + ": " + base::format_rough_size(sample.left) + " left, ";
  const auto seconds = std::chrono::duration<double>(sample.at - from_.at).count();
  // What is pushed meanwhile, a marker line, must not count as less than nothing.
  const logs::ByteCount sent = from_.left > sample.left ? from_.left - sample.left : 0;
  const auto rate = static_cast<std::uint64_t>(static_cast<double>(sent) / seconds);
  text += rate == 0 ? "nothing moves" : base::format_rough_size(rate) + "/s";
  if (rate == 0 && until != base::SteadyTime::max()) {
    const auto rest = std::chrono::ceil<std::chrono::seconds>(until - sample.at);
    text += "; given up in " + base::format_duration(std::max(rest, std::chrono::seconds(0)));
  } else if (rate != 0) {
    text += ", " + base::format_duration(std::chrono::seconds(sample.left / rate + 1)) + " to go";
  }
  return text;
}

}  // namespace vela::step
