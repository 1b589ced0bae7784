#include <chrono>

#include "core/api/body_intake.hpp"
#include "core/api/handlers.hpp"
#include "core/api/write_request.hpp"
#include "core/api/write_turn.hpp"

namespace vela::api {
namespace {

using std::chrono_literals::operator""s;

// A short append comes in one go; a body that stalls longer is cut and counts as far as it came.
constexpr auto kBodyLimit = 30s;

// Reads the body to its end. Nothing when it came whole, else the answer; an answer of status 0
// means that the session answers, which knows what became of the body, if anybody is there.
async::Awaitable<std::optional<net::Response>> take_body(hub::LogHub& hub, hub::HubLogPtr log,
                                                         net::Exchange& exchange,
                                                         BodyIntake& intake) {
  while (true) {
    // The answer comes at once all the same: with the offset up to which the body was taken.
    if (hub.is_full(*log)) intake.ignore_rest();
    const auto state = co_await exchange.read_body(intake, kBodyLimit);
    if (!state) {
      if (state.error().code() == ErrorCode::closed) ++hub.counts().cut_writes;
      co_return net::Response{0, {}, {}};
    }
    if (*state == net::BodyState::ended) break;
  }
  if (const auto& fault = intake.fault()) co_return net::error_response(400, fault->text());
  if (const auto fault = intake.end_fault()) co_return net::error_response(400, fault->text());
  co_return std::nullopt;
}

async::Awaitable<net::Response> take_append(ApiContext& api, net::Exchange& exchange,
                                            logs::LogId id, const base::Query& query) {
  const auto write = parse_write(exchange.request(), query);
  if (!write) co_return net::error_response(400, write.error().text());
  if (!write->offset)
    co_return net::error_response(400, "parameter offset is missing: PATCH …/logs?offset=N");
  if (write->is_final && !write->seal)
    co_return net::error_response(400, "parameter length is missing: final=1 needs length=L");
  Admission admission = co_await admit(api.hub, std::move(id), write->claim);
  if (!admission.log) co_return std::move(admission.refusal);
  const hub::HubLogPtr log = admission.log;
  const logs::WriterId writer = write->claim.writer;
  const OwnershipEnd ownership(api.hub, log, writer);

  BodyIntake intake(api.hub, log, writer, *write->offset, write->is_framed);
  auto failed = co_await take_body(api.hub, log, exchange, intake);
  if (failed) co_return std::move(*failed);
  if (const auto& refusal = intake.refusal()) co_return refuse(*log, *refusal);
  auto refused = co_await settle(api.hub, log, writer, write->seal, write->durable_until);
  if (refused) co_return std::move(*refused);
  co_return net::json_response(200, acknowledge(api.hub, *log).to_json());
}

}  // namespace

async::Awaitable<void> append(ApiContext& api, net::Exchange& exchange, Target target) {
  net::Response response = co_await take_append(api, exchange, std::move(target.log), target.query);
  if (response.status == 0) co_return;
  static_cast<void>(co_await exchange.respond(std::move(response)));
}

}  // namespace vela::api
