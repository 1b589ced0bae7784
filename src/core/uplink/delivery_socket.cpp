// The part of the machine that --method websocket adds: one socket at a time, and what is done
// where the path carries none.
#include "core/base/assert.hpp"
#include "core/uplink/delivery_machine.hpp"

namespace vela::uplink {

bool DeliveryMachine::uses_socket(base::SteadyTime now) const {
  return row_.transport == buffer::Transport::websocket && socket_path_.is_usable(now);
}

Action DeliveryMachine::open_socket() {
  in_flight_ = {next_, 0, pending_since_, false, false, false};
  socket_.emplace();
  return OpenSocket{writer_};
}

void DeliveryMachine::on_socket(SocketPlan::Event event) {
  VELA_ASSERT(socket_);
  socket_->on_event(event);
}

SocketStep DeliveryMachine::next_message(base::SteadyTime now) {
  // A delivery that was given up closes what is still open, and so does one whose log the server
  // has less of than it said: that is another generation.
  if (!socket_ || progress_ != Progress::open || !is_owner_)
    return {SocketStep::Kind::close, 0, 0, now};
  const SocketStep step = socket_->step({held_.end(), ending_.has_value(), is_half_full()}, now);
  if (step.kind == SocketStep::Kind::seal) has_sent_seal_ = in_flight_.is_seal = true;
  return step;
}

void DeliveryMachine::on_output(logs::Offset upto) {
  VELA_ASSERT(socket_);
  socket_->on_output(upto);
  in_flight_.bytes = socket_->sent();
}

void DeliveryMachine::on_interim(const logs::Acknowledgement& ack, base::SteadyTime now) {
  VELA_ASSERT(socket_);
  if (progress_ != Progress::open) return;
  if (!socket_->has_hello()) say(false, "output goes down a WebSocket");
  socket_->on_acknowledged(ack);
  // Nothing of what is on its way is answered by it.
  on_acknowledged(ack, InFlight{}, now);
}

void DeliveryMachine::judge_socket_path(const Reply& reply, base::SteadyTime now) {
  if (socket_) {
    socket_path_.on_socket(*socket_, reply);
  } else {
    socket_path_.on_reply(reply, now);
  }
  if (auto news = socket_path_.take_news()) say(false, std::move(*news));
}

}  // namespace vela::uplink
