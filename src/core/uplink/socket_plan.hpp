#pragma once

#include "core/base/clock.hpp"
#include "core/logs/acknowledgement.hpp"
#include "core/logs/offset.hpp"

namespace vela::uplink {

// What a socket's next message depends on, besides its own life.
struct SocketView {
  logs::Offset end = 0;        // where the held bytes end
  bool has_ended = false;      // nothing will follow them
  bool wants_durable = false;  // room is needed: it must hear what is durable
};

struct SocketStep {
  enum class Kind {
    output,  // [from, to), as much of it as a message takes: on_output() tells
    wish,    // ask for all below `to` to be durable
    seal,
    pause,  // until `until`, or until something comes
    close,
  };
  Kind kind = Kind::close;
  logs::Offset from = 0;
  logs::Offset to = 0;
  base::SteadyTime until;
};

// The life of one WebSocket of option 3: all that is held goes out at once, and gathers while a
// message is on its way; the seal goes when all is sent.
class SocketPlan {
 public:
  enum class Event {
    connected,         // there is a connection, the server has not spoken yet
    closed_by_server,  // in good order, by a close code that blames neither us nor the path
  };

  void on_event(Event event);
  // The first one, the hello, says where output goes on.
  void on_acknowledged(const logs::Acknowledgement& ack);
  // Wishes and seals count as sent once they are asked for. Before the hello there is nothing to say.
  [[nodiscard]] SocketStep step(const SocketView& view, base::SteadyTime now);
  // Output up to there is in a message.
  void on_output(logs::Offset upto) { next_ = upto; }

  [[nodiscard]] bool was_connected() const { return was_connected_; }
  [[nodiscard]] bool was_closed_in_order() const { return was_closed_in_order_; }
  [[nodiscard]] bool has_hello() const { return has_hello_; }
  [[nodiscard]] logs::ByteCount sent() const { return next_ - from_; }
  // Of what was sent.
  [[nodiscard]] logs::ByteCount acknowledged() const { return acknowledged_ - from_; }

 private:
  bool was_connected_ = false;
  bool was_closed_in_order_ = false;
  bool has_hello_ = false;
  logs::Offset from_ = 0;
  logs::Offset next_ = 0;
  logs::Offset acknowledged_ = 0;
  logs::Offset durable_ = 0;
  logs::Offset wished_ = 0;
  base::SteadyTime seal_due_ = base::SteadyTime::min();
};

}  // namespace vela::uplink
