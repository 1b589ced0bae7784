#include "core/api/write_turn.hpp"

#include <algorithm>
#include <utility>

#include "core/api/write_request.hpp"

namespace vela::api {

async::Awaitable<Admission> admit(hub::LogHub& hub, logs::LogId id, const hub::WriterClaim& claim) {
  Admission admission;
  if (hub.is_draining()) {
    admission.refusal = draining_response();
    co_return admission;
  }
  const auto opened = co_await hub.open(std::move(id));
  if (!opened) {
    admission.refusal = store_failure(opened.error());
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

}  // namespace vela::api
