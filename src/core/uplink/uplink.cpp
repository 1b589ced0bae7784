#include "core/uplink/uplink.hpp"

#include <algorithm>
#include <random>
#include <utility>
#include <variant>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"
#include "core/uplink/catch_up.hpp"

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""s;

// A server that restarts is back by then.
constexpr auto kAwayWarning = 5s;
// At full speed there may be no room for moments; a child that waits this long is worth a word.
constexpr auto kFullWarning = 1s;
// A probe that is cancelled ends within a turn of the loop.
constexpr auto kProbeEnd = 1s;

double draw_lot() {
  static thread_local std::minstd_rand engine{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
}

}  // namespace

// However run() ends, nobody waits for it any longer.
class Uplink::RunScope {
 public:
  explicit RunScope(Uplink& uplink) : uplink_(uplink) {}
  RunScope(const RunScope&) = delete;
  RunScope& operator=(const RunScope&) = delete;
  ~RunScope() {
    uplink_.machine_.give_up("the upload failed");
    uplink_.away_.clear();
    uplink_.is_over_ = true;
    uplink_.room_.notify_all();
    uplink_.listener_.on_over();
  }

 private:
  Uplink& uplink_;
};

Uplink::Uplink(boost::asio::any_io_executor executor, Target target, DeliveryOptions options,
               HeldLog held, UplinkListener& listener)
    : target_(std::move(target)),
      is_leftover_(options.is_leftover),
      listener_(listener),
      client_(executor),
      machine_(options, base::steady_now(), draw_lot, std::move(held)),
      append_writer_(client_, target_),
      stream_writer_(executor, client_, target_, machine_),
      websocket_writer_(executor, target_, machine_, [this] { after_event(); }),
      probe_writer_(executor, client_, target_),
      wake_(executor),
      room_(executor),
      away_(executor, [this] { warn_away(); }),
      full_(executor, [this] { warn_full(); }),
      tasks_(executor) {}

async::Awaitable<void> Uplink::run() {
  const RunScope scope(*this);
  if (!is_leftover_) away_.set(kAwayWarning);
  while (true) {
    Action action = machine_.next(base::steady_now());
    if (std::holds_alternative<Done>(action)) break;
    if (const auto* wait = std::get_if<Wait>(&action)) {
      const base::SteadyTime until = wait->until;
      co_await wake_.wait_until(until);
      continue;
    }
    co_await act(std::move(action));
    after_event();
  }
  probe_writer_.cancel();
  static_cast<void>(co_await tasks_.join(kProbeEnd));
  settle_spool();
}

void Uplink::settle_spool() {
  const Outcome outcome = machine_.outcome();
  if (outcome.is_sealed) {
    machine_.spool().remove_file();
  } else if (outcome.is_refused) {
    machine_.spool().reject_file();
  }
}

logs::ByteCount Uplink::bytes_left() const {
  return machine_.spool().end() - machine_.spool().begin();
}

async::Awaitable<void> Uplink::act(Action action) {
  if (auto* send = std::get_if<Send>(&action)) {
    Reply reply = co_await this->send(std::move(*send));
    take_reply(std::move(reply));
  } else if (auto* stream = std::get_if<OpenStream>(&action)) {
    Reply reply = co_await stream_writer_.run(std::move(*stream));
    take_reply(std::move(reply));
  } else if (const auto* socket = std::get_if<OpenSocket>(&action)) {
    Reply reply = co_await websocket_writer_.run(*socket);
    take_reply(std::move(reply));
  } else if (std::holds_alternative<EndBuild>(action)) {
    net::ClientRequest request = end_build_request(target_);
    const Result<net::ClientReply> reply = co_await client_.perform(std::move(request), nullptr);
    const std::string text = reply ? "HTTP " + std::to_string(reply->status) : reply.error().text();
    machine_.on_build_reply(reply ? reply->status : 0, text, base::steady_now());
  }
}

// Answers that the server held back are among those that are measured; the shortest counts.
async::Awaitable<Reply> Uplink::send(Send send) {
  const base::SteadyTime begun = base::steady_now();
  Reply reply = co_await append_writer_.send(std::move(send), machine_.spool());
  if (std::holds_alternative<logs::Acknowledgement>(reply)) {
    const auto took = base::time_since(begun);
    target_.round_trip = std::min(took, target_.round_trip.value_or(took));
  }
  co_return reply;
}

void Uplink::take_reply(Reply reply) {
  auto* const refusal = std::get_if<Refusal>(&reply);
  if (refusal != nullptr && refusal->kind == RefusalKind::not_allowed)
    refusal->has_new_token = target_.token.reload();
  machine_.on_reply(reply, base::steady_now());
}

async::Awaitable<void> Uplink::probe_path(Probe probe) {
  const ProbeReply reply = co_await probe_writer_.run(std::move(probe));
  machine_.on_probe(reply, base::steady_now());
  after_event();
  wake_.notify_all();
}

void Uplink::push(std::string_view bytes, base::WallTime time, logs::Stream stream) {
  machine_.push(bytes, time, stream, base::steady_now());
  stream_writer_.wake();
  websocket_writer_.wake();
  if (wake_.has_waiters()) wake_.notify_all();
}

async::Awaitable<void> Uplink::wait_for_room() {
  full_.set(kFullWarning);
  while (!has_room()) co_await room_.wait();
  full_.clear();
}

async::Awaitable<void> Uplink::catch_up() {
  for (CatchUp plan; plan.wants_turn(machine_.is_behind(), machine_.sent_until());)
    co_await boost::asio::post(boost::asio::use_awaitable);
}

void Uplink::end(Ending ending) {
  machine_.end(std::move(ending));
  stream_writer_.wake();
  websocket_writer_.wake();
  wake_.notify_all();
}

void Uplink::give_up(std::string_view why) {
  machine_.give_up(why);
  client_.cancel_all();
  websocket_writer_.cancel();
  wake_.notify_all();
  room_.notify_all();
}

void Uplink::after_event() {
  if (machine_.has_contact()) away_.clear();
  if (has_room() && room_.has_waiters()) room_.notify_all();
  if (auto probe = machine_.take_probe()) tasks_.spawn("probe", probe_path(std::move(*probe)));
  for (const Notice& notice : machine_.take_notices())
    spdlog::log(notice.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", notice.text);
  if (machine_.is_canceled() && !std::exchange(has_told_canceled_, true)) listener_.on_canceled();
}

void Uplink::warn_away() {
  const std::string& why = machine_.last_failure();
  spdlog::warn("{} does not answer{}{}; the step goes on, its output waits", target_.server,
               why.empty() ? "" : ": ", why);
}

void Uplink::warn_full() {
  if (std::exchange(has_warned_full_, true)) return;
  spdlog::warn("{} bytes of output wait for {}; the step waits until it takes them", bytes_left(),
               target_.server);
}

}  // namespace vela::uplink
