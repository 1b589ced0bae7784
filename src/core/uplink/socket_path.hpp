#pragma once

#include <optional>
#include <string>

#include "core/base/clock.hpp"
#include "core/uplink/reply.hpp"
#include "core/uplink/socket_plan.hpp"

namespace vela::uplink {

// Decides for --method websocket whether output leaves down a WebSocket, or in short appends
// because the path does not carry one. Time comes in as a parameter.
//
// As in PathProbe, only a server that is there can show that the path is to blame: a socket that
// ended without a word is judged by the next answer to another request.
class SocketPath {
 public:
  [[nodiscard]] bool is_usable(base::SteadyTime now) const {
    return !suspicion_ && now >= not_before_;
  }

  // A socket has ended; `reply` is what came of it.
  void on_socket(const SocketPlan& socket, const Reply& reply);
  // Any other request of this log was answered.
  void on_reply(const Reply& reply, base::SteadyTime now);

  // Which path is used and why, when that has changed since the last call.
  [[nodiscard]] std::optional<std::string> take_news();

 private:
  struct Suspicion {
    std::string why;
    int weight = 0;
  };

  void suspect(std::string why, int weight) { suspicion_ = Suspicion{std::move(why), weight}; }
  void on_failure(const SocketPlan& socket, const std::string& text);

  std::optional<Suspicion> suspicion_;
  int weight_ = 0;  // of what failed since a socket last carried bytes
  base::SteadyTime not_before_ = base::SteadyTime::min();
  std::optional<std::string> news_;
};

}  // namespace vela::uplink
