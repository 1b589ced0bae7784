#include "core/hub/append_pace.hpp"

#include <algorithm>

namespace vela::hub {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// A follower who comes waits this long once; until then a request a second carries the output.
constexpr auto kUnwatched = 1000ms;
// Unseen by a person, and enough that each append carries more.
constexpr auto kLoaded = 50ms;
// Below this share commits keep up: what gathers within a flush interval is no backlog.
constexpr double kLightLoad = 0.25;
// A round trip, and the time that a reader takes to show what it got.
constexpr auto kLinger = 2s;
// At ten lines a second it takes 3 of 5 wake-ups away; a step that ends then ends this much later.
constexpr auto kGather = 250ms;
// Streams go on at multiples of this, so that one wake-up serves many of them.
constexpr auto kBeat = 25ms;
// Steps that are shorter end at once.
constexpr auto kYoung = 2s;

}  // namespace

void Interest::leave(base::SteadyTime now) {
  --followers_;
  lasts_until_ = now + kLinger;
}

bool Interest::is_fresh(base::SteadyTime now) const {
  return followers_ != 0 || now < lasts_until_;
}

std::chrono::milliseconds append_interval(bool is_followed, double load) {
  // Nothing was taken: the next commit makes room, whoever looks on.
  if (load >= 1) return kLoaded;
  if (!is_followed) return kUnwatched;
  const double part = std::clamp((load - kLightLoad) / (1 - kLightLoad), 0.0, 1.0);
  return std::chrono::milliseconds(static_cast<int>(part * static_cast<double>(kLoaded.count())));
}

std::optional<base::SteadyTime> StreamPace::next_read(std::size_t bytes, bool is_followed,
                                                      base::SteadyTime now) const {
  if (is_followed || bytes >= kWakeBytes || now - began_ < kYoung) return std::nullopt;
  const auto beats = (now + kGather).time_since_epoch() / kBeat;
  return base::SteadyTime(beats * kBeat);
}

}  // namespace vela::hub
