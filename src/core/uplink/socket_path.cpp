#include "core/uplink/socket_path.hpp"

#include <utility>
#include <variant>

#include "core/uplink/rejected_path.hpp"

namespace vela::uplink {
namespace {

// An upgrade that nobody answered, or not as our server does, tells enough when that is there.
constexpr int kWeightToReject = 2;
// What may be a server that was just then restarted tells enough when it comes twice: a connection
// that was not made, or broke before anything was acknowledged.
constexpr int kDoubtful = 1;

}  // namespace

void SocketPath::on_socket(const SocketPlan& socket, const Reply& reply) {
  if (socket.acknowledged() != 0) weight_ = 0;
  if (const auto* failure = std::get_if<Failure>(&reply)) return on_failure(socket, failure->text);
  const auto* refusal = std::get_if<Refusal>(&reply);
  // Ownership and the like are the server's own words, whatever lies between.
  if (refusal != nullptr && refusal->kind == RefusalKind::busy && !socket.has_hello())
    suspect("an upgrade was put off: " + refusal->text, kDoubtful);
}

void SocketPath::on_failure(const SocketPlan& socket, const std::string& text) {
  if (!socket.was_connected()) return suspect(text, kDoubtful);
  if (!socket.has_hello()) return suspect(text, kWeightToReject);
  const bool carried_nothing = socket.sent() != 0 && socket.acknowledged() == 0;
  if (carried_nothing && !socket.was_closed_in_order()) suspect(text, kDoubtful);
}

void SocketPath::on_reply(const Reply& reply, base::SteadyTime now) {
  if (!suspicion_) return;
  if (!std::holds_alternative<logs::Acknowledgement>(reply)) {
    // Then it may have been the server that was away.
    suspicion_->weight = kDoubtful;
    return;
  }
  const Suspicion suspicion = *std::exchange(suspicion_, std::nullopt);
  weight_ += suspicion.weight;
  if (weight_ < kWeightToReject) return;
  weight_ = 0;
  not_before_ = now + kRejectedFor;
  news_ = tell_rejected(suspicion.why);
}

std::optional<std::string> SocketPath::take_news() { return std::exchange(news_, std::nullopt); }

}  // namespace vela::uplink
