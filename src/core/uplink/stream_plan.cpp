#include "core/uplink/stream_plan.hpp"

#include <algorithm>

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""s;

// Below the shortest limit of a whole request in common proxies (h2o cuts at 10 s, Envoy at 15 s).
constexpr auto kMaxAge = 10s;
// A silent request is what proxies cut first; varnish does after 5 s.
constexpr auto kMaxSilence = 2s;

}  // namespace

StreamStep StreamPlan::step(const StreamView& view, base::SteadyTime now) {
  const logs::ByteCount room = max_bytes_ - std::min(max_bytes_, sent());
  const bool asks_too_late = view.wants_durable && !is_durable_ && sent() != 0;
  if (room == 0 || asks_too_late) is_closed_ = was_fast_ = true;
  if (now >= opened_ + kMaxAge) is_closed_ = true;
  if (!is_closed_ && view.end > next_)
    return {StreamStep::Kind::bytes, next_, std::min(view.end, next_ + room), now};
  if (view.is_full) was_fast_ = true;
  if (view.is_full || view.has_ended || now >= last_bytes_ + kMaxSilence) is_closed_ = true;
  if (is_closed_) return {StreamStep::Kind::close, next_, next_, now};
  return {StreamStep::Kind::pause, next_, next_,
          std::min(opened_ + kMaxAge, last_bytes_ + kMaxSilence)};
}

void StreamPlan::on_sent(logs::Offset upto, base::SteadyTime now) {
  if (sent() == 0) first_bytes_ = now;
  next_ = upto;
  last_bytes_ = now;
}

}  // namespace vela::uplink
