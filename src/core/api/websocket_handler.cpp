#include <chrono>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/this_coro.hpp>

#include "core/api/body_intake.hpp"
#include "core/api/handlers.hpp"
#include "core/api/write_request.hpp"
#include "core/api/write_turn.hpp"
#include "core/async/task_group.hpp"
#include "core/logs/socket_message.hpp"
#include "core/net/web_socket.hpp"

namespace vela::api {
namespace {

namespace asio = boost::asio;
using net::CloseCode;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

// The shortest idle cuts that a WebSocket meets in proxies are 50 and 60 s. Whoever has not
// answered when the next one is due is gone.
constexpr auto kPingInterval = 10s;
// An acknowledgement is 200 bytes: a peer whose side has no room for that does not read.
constexpr auto kSendLimit = 20s;
// For the peer's own close frame, and again for its end of the connection.
constexpr auto kCloseLimit = 2s;
// join() needs a limit; both tasks end when the connection does.
constexpr auto kLongJoin = 1h;

struct Farewell {
  std::string text;  // the last message
  CloseCode code = CloseCode::normal;
  std::string reason;
};

// One writer's socket. Two tasks share it: one takes messages, the other says what became of them,
// so that a peer that does not read holds up nothing and costs no memory: what is not sent yet is
// not written yet, and only the latest is.
struct SocketTurn {
  SocketTurn(hub::LogHub& log_hub, hub::HubLogPtr socket_log, hub::WriterClaim writer_claim,
             net::WebSocket& web_socket)
      : hub(log_hub),
        log(std::move(socket_log)),
        claim(std::move(writer_claim)),
        socket(web_socket) {}

  // The other task looks again.
  void wake() { log->stored.notify_all(); }
  void end(Farewell last) {
    if (!farewell) farewell = std::move(last);
    wake();
  }
  // As HTTP would answer, before the socket is closed.
  void end(const net::Response& answer, CloseCode code, std::string_view reason) {
    Farewell last{answer.body, code, std::string(reason)};
    end(std::move(last));
  }
  void want(logs::Offset until) {
    wanted = until;
    wanted_at = base::steady_now();
    wake();
  }
  void end(hub::Refusal refusal) {
    end(refuse(*log, refusal), CloseCode::policy, hub::to_string(refusal));
  }
  void end(const Error& fault, CloseCode code) {
    end(net::error_response(400, fault.text()), code, "bad message");
  }

  hub::LogHub& hub;
  const hub::HubLogPtr log;
  const hub::WriterClaim claim;
  net::WebSocket& socket;
  std::optional<logs::Offset> wanted;  // the writer waits until what lies below is durable
  base::SteadyTime wanted_at;
  bool owes_answer = false;          // to a seal that is not stored yet
  std::optional<Farewell> farewell;  // the last that is said
  bool is_over = false;              // nothing more is read, or can be said
  bool is_closed = false;            // by the protocol's own farewell
};

// Lets the other task end too, on every way out of one.
class TaskEnd {
 public:
  enum class Of { reader, speaker };
  TaskEnd(SocketTurn& turn, Of task) : turn_(turn), task_(task) {}
  ~TaskEnd() {
    const bool has_last_word = task_ == Of::reader && turn_.farewell;
    if (!has_last_word) turn_.is_over = true;
    // Else the reader would wait for a peer that is not there.
    if (task_ == Of::speaker && !turn_.is_closed) turn_.socket.abort();
    turn_.wake();
  }
  TaskEnd(const TaskEnd&) = delete;
  TaskEnd& operator=(const TaskEnd&) = delete;

 private:
  SocketTurn& turn_;
  const Of task_;
};

// ---- what comes

void take_output(SocketTurn& turn, std::string_view message) {
  const auto output = logs::parse_output(message);
  if (!output) return turn.end(output.error(), CloseCode::bad_payload);
  BodyIntake intake(turn.hub, turn.log, turn.claim.writer, output->offset, true);
  intake.on_body(output->body);
  if (const auto& refusal = intake.refusal()) return turn.end(*refusal);
  if (const auto& fault = intake.fault()) return turn.end(*fault, CloseCode::bad_payload);
  if (const auto fault = intake.end_fault()) turn.end(*fault, CloseCode::bad_payload);
}

async::Awaitable<void> take_seal(SocketTurn& turn, logs::Seal claimed) {
  const std::optional<logs::Seal> seal(std::move(claimed));
  const std::optional<logs::Offset> nothing_else;
  const auto refused = co_await settle(turn.hub, turn.log, turn.claim.writer, seal, nothing_else);
  if (refused) {
    turn.end(*refused, CloseCode::policy, "the seal is refused");
  } else if (turn.log->live.has_ended()) {
    turn.end({acknowledge(turn.hub, *turn.log).to_json(), CloseCode::normal, "the log has ended"});
  } else {
    turn.owes_answer = true;  // "running": ask again
    turn.wake();
  }
}

async::Awaitable<void> take_control(SocketTurn& turn, std::string_view text) {
  auto message = logs::parse_control(text);
  if (!message) {
    turn.end(message.error(), CloseCode::bad_payload);
  } else if (auto* seal = std::get_if<logs::Seal>(&*message)) {
    co_await take_seal(turn, std::move(*seal));
  } else {
    turn.want(std::get<logs::DurableWish>(*message).until);
  }
}

async::Awaitable<void> take_messages(SocketTurn& turn) {
  const TaskEnd end(turn, TaskEnd::Of::reader);
  hub::LogHub& hub = turn.hub;
  while (!turn.farewell && !turn.is_over) {
    if (hub.is_full(*turn.log) && !hub.is_draining()) {
      if (turn.socket.is_peer_gone()) co_return;
      co_await hub.wait_for_room(turn.log, kStoredLimit);
      continue;
    }
    const auto message = co_await turn.socket.read();
    if (!message) {
      if (!turn.farewell && !turn.is_over) ++hub.counts().cut_writes;
      co_return;
    }
    // What comes on while the socket closes is not taken, so it is sent again.
    if (turn.farewell || hub.is_draining()) continue;
    if (message->is_text) {
      co_await take_control(turn, message->bytes);
    } else {
      take_output(turn, message->bytes);
    }
  }
}

// ---- what is said

// Whether the peer is there; then its log is heard, however silent the step is.
bool hear(SocketTurn& turn, base::SteadyTime since) {
  if (turn.socket.is_reading() && turn.socket.heard_at() < since) return false;
  if (const auto refusal = turn.hub.claim(turn.log, turn.claim)) turn.end(*refusal);
  return true;
}

async::Awaitable<void> say_farewell(SocketTurn& turn) {
  const Farewell last = *turn.farewell;
  if (!last.text.empty()) {
    const auto said = co_await turn.socket.write_text(last.text, kSendLimit);
    if (!said) co_return;
  }
  co_await turn.socket.close(last.code, last.reason, kCloseLimit);
  turn.is_closed = true;
}

// A shutdown acknowledges what came, and that lastingly.
async::Awaitable<void> drain(SocketTurn& turn) {
  const hub::HubLogPtr log = turn.log;
  co_await turn.hub.wait_stored(log, log->live.received(), kStoredLimit);
  turn.end({acknowledge(turn.hub, *log).to_json(), CloseCode::restart, "this server shuts down"});
}

// The hello, and an acknowledgement after each commit that changed what it says.
async::Awaitable<void> acknowledge_commits(SocketTurn& turn) {
  const TaskEnd end(turn, TaskEnd::Of::speaker);
  std::string said;
  base::SteadyTime pinged = base::SteadyTime::min();
  base::SteadyTime ping_due = base::steady_now() + kPingInterval;
  while (!turn.is_over && !turn.farewell) {
    if (turn.hub.is_draining()) {
      co_await drain(turn);
      break;
    }
    if (turn.log->live.is_deleted()) {
      turn.end(hub::Refusal::deleted);
      break;
    }
    std::string ack = acknowledge(turn.hub, *turn.log).to_json();
    if (ack != said || std::exchange(turn.owes_answer, false)) {
      said = std::move(ack);
      const auto sent = co_await turn.socket.write_text(said, kSendLimit);
      if (!sent) co_return;
      continue;
    }
    if (turn.wanted && *turn.wanted <= turn.log->live.durable()) {
      turn.hub.counts().acknowledgement_wait.observe(base::time_since(turn.wanted_at));
      turn.wanted.reset();
    }
    if (base::steady_now() >= ping_due) {
      if (!hear(turn, pinged)) co_return;
      pinged = base::steady_now();
      ping_due = pinged + kPingInterval;
      const auto sent = co_await turn.socket.ping(kSendLimit);
      if (!sent) co_return;
      continue;
    }
    if (turn.wanted) turn.hub.hurry();
    co_await turn.log->stored.wait_until(ping_due);
  }
  if (turn.farewell) co_await say_farewell(turn);
}

// ---- the request

async::Awaitable<std::optional<net::Response>> take_request(ApiContext& api,
                                                            net::Exchange& exchange, logs::LogId id,
                                                            const base::Query& query) {
  if (auto refusal = net::refuse_upgrade(exchange.request(), logs::kSocketProtocol))
    co_return refusal;
  auto write = parse_write(exchange.request(), query);
  if (!write) co_return net::error_response(400, write.error().text());
  Admission admission = co_await admit(api.hub, std::move(id), write->claim);
  if (!admission.log) co_return std::move(admission.refusal);
  const hub::HubLogPtr log = admission.log;
  const OwnershipEnd ownership(api.hub, log, write->claim.writer);

  // Both tasks refer to what lives here: they end, or are ended by the connection's end.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  net::WebSocket* const socket = co_await exchange.upgrade(logs::kSocketProtocol);
  if (socket == nullptr) co_return std::nullopt;
  SocketTurn turn(api.hub, log, std::move(write->claim), *socket);
  if (write->durable_until) turn.want(*write->durable_until);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  async::TaskGroup tasks(executor);
  tasks.spawn("messages of " + exchange.peer(), take_messages(turn));
  tasks.spawn("acknowledgements to " + exchange.peer(), acknowledge_commits(turn));
  while (!co_await tasks.join(kLongJoin)) {
  }
  co_await socket->linger(kCloseLimit);
  co_return std::nullopt;
}

}  // namespace

async::Awaitable<void> websocket(ApiContext& api, net::Exchange& exchange, Target target) {
  auto response = co_await take_request(api, exchange, std::move(target.log), target.query);
  co_await answer(exchange, std::move(response));
}

}  // namespace vela::api
