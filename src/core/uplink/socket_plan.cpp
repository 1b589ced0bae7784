#include "core/uplink/socket_plan.hpp"

#include <chrono>

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""s;

// The server answers a seal within 2 s, if only to say that it is not stored yet.
constexpr auto kSealAgain = 3s;

}  // namespace

void SocketPlan::on_event(Event event) {
  if (event == Event::connected) was_connected_ = true;
  if (event == Event::closed_by_server) was_closed_in_order_ = true;
}

void SocketPlan::on_acknowledged(const logs::Acknowledgement& ack) {
  if (!has_hello_) from_ = next_ = ack.offset;
  has_hello_ = true;
  acknowledged_ = ack.offset;
  durable_ = ack.durable;
}

SocketStep SocketPlan::step(const SocketView& view, base::SteadyTime now) {
  if (!has_hello_) return {SocketStep::Kind::pause, 0, 0, base::SteadyTime::max()};
  // One wish at a time, for what was sent before it: each takes a commit.
  if (view.wants_durable && wished_ <= durable_ && next_ > durable_) {
    wished_ = next_;
    return {SocketStep::Kind::wish, next_, next_, now};
  }
  if (view.end > next_) return {SocketStep::Kind::output, next_, view.end, now};
  if (!view.has_ended) return {SocketStep::Kind::pause, next_, next_, base::SteadyTime::max()};
  if (now < seal_due_) return {SocketStep::Kind::pause, next_, next_, seal_due_};
  seal_due_ = now + kSealAgain;
  return {SocketStep::Kind::seal, next_, next_, now};
}

}  // namespace vela::uplink
