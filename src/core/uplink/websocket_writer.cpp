#include "core/uplink/websocket_writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include "core/logs/socket_message.hpp"
#include "core/uplink/frame_filling.hpp"

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

// Beyond that a path is no better than short appends, which wait meanwhile.
constexpr auto kConnectLimit = 5s;
// For the answer to the upgrade, and again for the hello, which comes at once.
constexpr auto kAnswerLimit = 2s;
// As large as a short append: half a millisecond of masking, far below the server's limit.
constexpr std::size_t kMaxMessageBytes = 256 * 1024;
// A full log is not read until there is room. That takes a commit, or for as long as the store
// fails; then another connection asks.
constexpr auto kNoProgress = 30s;
// 2.5 x the server's ping: one may be late.
constexpr auto kSilence = 25s;
// A peer that is there answers at once.
constexpr auto kCloseLimit = 1s;
// join() needs a limit; the reader ends with the socket.
constexpr auto kLongJoin = 1h;

}  // namespace

WebsocketWriter::WebsocketWriter(const boost::asio::any_io_executor& executor, const Target& target,
                                 DeliveryMachine& machine, std::function<void()> on_progress)
    : target_(target),
      machine_(machine),
      on_progress_(std::move(on_progress)),
      log_(target.log.to_string()),
      client_(executor),
      wake_(executor),
      hello_(executor,
             [this] {
               end(Failure{"the WebSocket's hello did not come within 2 s"});
               socket_->abort();
             }),
      tasks_(executor) {}

async::Awaitable<Reply> WebsocketWriter::run(OpenSocket open_socket) {
  result_.reset();
  has_sent_seal_ = false;
  const std::optional<Reply> refusal = co_await open(open_socket);
  if (refusal) {
    socket_.reset();
    co_return *refusal;
  }
  hello_.set(kAnswerLimit);
  tasks_.spawn("acknowledgements", read_messages());
  co_await write_messages();
  hello_.clear();
  // Behind its last word the server closes by itself; what that says is wanted at once.
  const bool is_left_early = std::holds_alternative<Failure>(*result_);
  if (is_left_early) co_await socket_->close(net::CloseCode::normal, {}, kCloseLimit);
  socket_->abort();
  while (!co_await tasks_.join(kLongJoin)) {
  }
  socket_.reset();
  co_return std::move(*result_);
}

async::Awaitable<std::optional<Reply>> WebsocketWriter::open(OpenSocket open_socket) {
  net::ClientRequest request = socket_request(target_, open_socket);
  std::string url = request.url;
  auto connected = co_await client_.connect(std::move(url), kConnectLimit);
  if (!connected) co_return Failure{connected.error().text()};
  machine_.on_socket(SocketPlan::Event::connected);
  socket_ = std::move(*connected);
  const auto answer =
      co_await socket_->ask(request.url, request.headers, logs::kSocketProtocol, kAnswerLimit);
  if (!answer) co_return Failure{"an upgrade was not answered: " + answer.error().text()};
  if (*answer) co_return to_upgrade_reply(**answer, log_);
  co_return std::nullopt;
}

void WebsocketWriter::cancel() {
  client_.cancel();
  if (socket_) socket_->abort();
  wake();
}

void WebsocketWriter::end(Reply reply) {
  if (!result_) result_ = std::move(reply);
  wake();
}

// ---- what goes

async::Awaitable<void> WebsocketWriter::write_messages() {
  while (!result_) {
    const SocketStep step = machine_.next_message(base::steady_now());
    Result<void> sent;
    switch (step.kind) {
      case SocketStep::Kind::output:
        sent = co_await write_output(step);
        break;
      case SocketStep::Kind::wish:
        message_ = logs::to_text(logs::DurableWish{step.to});
        sent = co_await socket_->write_text(message_, kNoProgress);
        break;
      case SocketStep::Kind::seal:
        has_sent_seal_ = true;
        message_ = logs::to_text(machine_.make_seal());
        sent = co_await socket_->write_text(message_, kNoProgress);
        break;
      case SocketStep::Kind::pause:
        co_await pause(step.until);
        break;
      case SocketStep::Kind::close:
        end(Failure{"the WebSocket was given up"});
        break;
    }
    if (!sent) co_await take_write_failure(sent.error());
  }
}

// What the server said before it closed may still have to be read, and tells more.
async::Awaitable<void> WebsocketWriter::take_write_failure(Error error) {
  const base::SteadyTime until = base::steady_now() + kCloseLimit;
  while (!result_ && base::steady_now() < until) co_await wake_.wait_until(until);
  end(Failure{"the WebSocket took no message: " + error.text()});
}

async::Awaitable<Result<void>> WebsocketWriter::write_output(SocketStep step) {
  message_.clear();
  logs::put_output_head(message_, step.from);
  logs::FrameEncoder encoder;
  const logs::Offset upto =
      fill_frames(message_, kMaxMessageBytes, encoder, machine_.spool(), step.from, step.to);
  machine_.on_output(upto);
  co_return co_await socket_->write_binary(message_, kNoProgress);
}

async::Awaitable<void> WebsocketWriter::pause(base::SteadyTime until) {
  const base::SteadyTime silent_at = socket_->heard_at() + kSilence;
  if (base::steady_now() >= silent_at) {
    end(Failure{"the server was not heard on the WebSocket for 25 s"});
    socket_->abort();
  } else {
    co_await wake_.wait_until(std::min(until, silent_at));
  }
}

// ---- what comes

async::Awaitable<void> WebsocketWriter::read_messages() {
  while (!result_) {
    const auto message = co_await socket_->read();
    if (!message) {
      on_read_failure(message.error());
    } else {
      take(*message);
    }
  }
}

void WebsocketWriter::take(const net::WebSocket::Message& message) {
  if (!message.is_text) return end(Failure{"the server sent a message that is no text"});
  Reply reply = read_message(message.bytes, log_);
  const auto* ack = std::get_if<logs::Acknowledgement>(&reply);
  const bool is_end = ack == nullptr || ack->state == logs::AckState::sealed ||
                      (has_sent_seal_ && ack->state == logs::AckState::incomplete);
  if (is_end) return end(std::move(reply));
  hello_.clear();
  machine_.on_interim(*ack, base::steady_now());
  on_progress_();
  wake();
}

void WebsocketWriter::on_read_failure(const Error& error) {
  // Those that say nothing against what we sent, or against the path.
  constexpr std::array kInOrder{net::CloseCode::normal, net::CloseCode::going_away,
                                net::CloseCode::policy, net::CloseCode::restart,
                                net::CloseCode::try_later};
  const auto code = socket_->peer_code();
  const bool is_in_order =
      code && std::any_of(kInOrder.begin(), kInOrder.end(), [code](net::CloseCode good) {
        return static_cast<std::uint16_t>(good) == *code;
      });
  if (is_in_order) machine_.on_socket(SocketPlan::Event::closed_by_server);
  end(Failure{"the WebSocket ended: " + error.text()});
}

}  // namespace vela::uplink
