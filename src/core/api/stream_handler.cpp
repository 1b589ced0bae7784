#include <chrono>

#include "core/api/body_intake.hpp"
#include "core/api/handlers.hpp"
#include "core/api/write_request.hpp"
#include "core/api/write_turn.hpp"

namespace vela::api {
namespace {

using std::chrono_literals::operator""h;

// `make | curl -T -` may be silent for long; a peer that is gone without a word is found by TCP's
// own keep-alive. run-step closes its streams after 2 s of silence.
constexpr auto kSilenceLimit = 1h;

enum class StreamEnd { whole, cut, refused, draining };

// Takes bytes until the body ends, is cut or refused. Not reading while the log is full is
// back-pressure.
async::Awaitable<StreamEnd> take_stream(hub::LogHub& hub, hub::HubLogPtr log,
                                        net::Exchange& exchange, BodyIntake& intake,
                                        bool is_timed) {
  const hub::StreamPace pace(base::steady_now());
  while (true) {
    while (hub.is_full(*log) && !hub.is_draining()) {
      // A writer that gave up and came again on another connection must not leave this one behind.
      if (exchange.is_peer_gone()) co_return StreamEnd::cut;
      co_await hub.wait_for_room(log, kStoredLimit);
    }
    if (hub.is_draining()) co_return StreamEnd::draining;
    const logs::Offset before = intake.cursor();
    const auto state = co_await exchange.read_body(intake, kSilenceLimit);
    if (intake.has_failed()) co_return StreamEnd::refused;
    if (!state) co_return StreamEnd::cut;
    if (*state == net::BodyState::ended)
      co_return intake.end_fault() ? StreamEnd::refused : StreamEnd::whole;
    // Bytes without a time of their own get that of their arrival, so they are read as they come.
    if (!is_timed) continue;
    const auto read_at =
        pace.next_read(intake.cursor() - before, hub.is_followed(*log), base::steady_now());
    if (!read_at) continue;
    exchange.set_wake_bytes(hub::StreamPace::kWakeBytes);
    co_await log->changed.wait_until(*read_at);
    exchange.set_wake_bytes(1);
  }
}

net::Response refusal_of(const hub::HubLog& log, const BodyIntake& intake) {
  if (const auto& refusal = intake.refusal()) return refuse(log, *refusal);
  if (const auto& fault = intake.fault()) return net::error_response(400, fault->text());
  return net::error_response(400, intake.end_fault()->text());
}

// A seal that claims nothing but that the output has ended.
logs::Seal plain_seal(const hub::LiveLog& live) {
  logs::Seal seal;
  seal.length = live.received();
  seal.from = live.record().base;
  return seal;
}

async::Awaitable<std::optional<net::Response>> take_request(ApiContext& api,
                                                            net::Exchange& exchange, logs::LogId id,
                                                            const base::Query& query) {
  const auto write = parse_write(exchange.request(), query);
  if (!write) co_return net::error_response(400, write.error().text());
  Admission admission = co_await admit(api.hub, std::move(id), write->claim);
  if (!admission.log) co_return std::move(admission.refusal);
  const hub::HubLogPtr log = admission.log;
  const logs::WriterId writer = write->claim.writer;
  const OwnershipEnd ownership(api.hub, log, writer);

  exchange.set_body_limit(0);
  const logs::Offset begin = write->offset.value_or(log->live.received());
  BodyIntake intake(api.hub, log, writer, begin, write->is_framed);
  const StreamEnd end = co_await take_stream(api.hub, log, exchange, intake, write->is_framed);
  if (end == StreamEnd::cut) {
    ++api.hub.counts().cut_writes;
    co_return std::nullopt;
  }
  if (end == StreamEnd::refused) co_return refusal_of(*log, intake);
  // A stream that the shutdown cuts short is acknowledged as far as it came.
  std::optional<logs::Seal> seal;
  if (end == StreamEnd::whole && write->is_final)
    seal = write->seal ? *write->seal : plain_seal(log->live);
  auto refused = co_await settle(api.hub, log, writer, seal, write->durable_until);
  if (refused) co_return refused;
  if (!write->offset && end == StreamEnd::whole) co_return net::Response{204, {}, {}};
  logs::Acknowledgement ack = acknowledge(api.hub, *log);
  ack.received_over = intake.received_over();
  co_return net::json_response(200, ack.to_json());
}

}  // namespace

async::Awaitable<void> stream(ApiContext& api, net::Exchange& exchange, Target target) {
  auto response = co_await take_request(api, exchange, std::move(target.log), target.query);
  co_await answer(exchange, std::move(response));
}

}  // namespace vela::api
