#include "core/api/write_turn.hpp"

#include <algorithm>
#include <utility>

#include "core/api/write_request.hpp"

namespace vela::api {
namespace {

// A takeover cuts the log where it ends. If a crash took some of that end, the log would be cut
// elsewhere the next time, under the same generation: readers who had seen the first cut would miss
// bytes. So all below it is stored first. False when the store does not manage that in time.
async::Awaitable<bool> make_cut_lasting(hub::LogHub& hub, hub::HubLogPtr log) {
  const logs::Offset end = log->live.received();
  co_await hub.wait_stored(log, end, kStoredLimit);
  co_return log->live.durable() >= end;
}

net::Response takeover_failure() {
  return store_failure(
      Error(ErrorCode::unavailable, "the log cannot be taken over before all of it is stored"));
}

}  // namespace

async::Awaitable<Admission> admit(hub::LogHub& hub, logs::LogId id, const hub::WriterClaim& claim) {
  Admission admission;
  if (hub.is_draining()) {
    admission.refusal = draining_response();
    co_return admission;
  }
  const auto opened = co_await hub.open(std::move(id));
  bool can_be_cut = true;
  if (opened && claim.takeover) can_be_cut = co_await make_cut_lasting(hub, *opened);
  if (!opened) {
    admission.refusal = store_failure(opened.error());
  } else if (!can_be_cut) {
    admission.refusal = takeover_failure();
  } else if (const auto refusal = hub.claim(*opened, claim)) {
    admission.refusal = refuse(**opened, *refusal);
  } else {
    admission.log = *opened;
  }
  co_return admission;
}

async::Awaitable<std::optional<net::Response>> settle(hub::LogHub& hub, hub::HubLogPtr log,
                                                      logs::WriterId writer,
                                                      const std::optional<logs::Seal>& seal,
                                                      std::optional<logs::Offset> durable_until) {
  if (seal) {
    if (const auto refusal = hub.seal(log, writer, *seal)) co_return refuse(*log, *refusal);
  }
  if (seal || durable_until) {
    logs::Offset until = log->live.received();
    if (!seal) until = std::min(until, *durable_until);
    co_await hub.wait_stored(log, until, kStoredLimit);
  }
  co_return std::nullopt;
}

async::Awaitable<void> answer(net::Exchange& exchange, std::optional<net::Response> response) {
  if (!response) co_return;
  static_cast<void>(co_await exchange.respond(std::move(*response)));
}

}  // namespace vela::api
