#include "core/hub/build_end.hpp"

#include <chrono>

namespace vela::hub {
namespace {

using std::chrono_literals::operator""min;

// Between two steps of one build lies less.
constexpr auto kQuietBuild = 15min;

}  // namespace

bool is_long_over(const LiveLog& log, base::WallTime now) {
  const auto& finished = log.record().finished;
  if (!finished) return log.state() == logs::LogState::incomplete;
  return log.has_ended() && now - *finished > kQuietBuild;
}

}  // namespace vela::hub
