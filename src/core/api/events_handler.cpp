#include <string>

#include "core/api/event_loop.hpp"
#include "core/api/follow_request.hpp"
#include "core/api/handlers.hpp"
#include "core/api/log_follower.hpp"
#include "core/api/write_request.hpp"

namespace vela::api {
async::Awaitable<void> log_events(ApiContext& api, net::Exchange& exchange, Target target) {
  const auto request = parse_follow(exchange.request(), target.query);
  if (!request) {
    net::Response bad = net::error_response(400, request.error().text());
    static_cast<void>(co_await exchange.respond(std::move(bad)));
    co_return;
  }
  const logs::LogId id = target.log;
  const auto opened = co_await api.hub.open(std::move(target.log));
  if (!opened || api.hub.is_draining()) {
    net::Response failed = opened ? draining_response() : store_failure(opened.error());
    static_cast<void>(co_await exchange.respond(std::move(failed)));
    co_return;
  }
  const hub::HubLogPtr& log = *opened;
  if (request->has_seen_end && (log->live.has_ended() || !log->live.is_open())) {
    net::Response nothing_more;
    nothing_more.status = 204;
    static_cast<void>(co_await exchange.respond(std::move(nothing_more)));
    co_return;
  }
  const auto own_id = [](std::string_view event_id) { return std::string(event_id); };
  LogFollower follower(
      api.hub, log, request->wants_frames ? make_frames_encoder() : make_sse_encoder(id, own_id));
  std::string out(request->wants_frames ? "" : kSsePreamble);
  FollowFrom from = request->from;
  const auto begun = co_await follower.begin(out, std::move(from));
  if (!begun) {
    net::Response failed = store_failure(begun.error());
    static_cast<void>(co_await exchange.respond(std::move(failed)));
    co_return;
  }
  const std::string_view type = request->wants_frames ? logs::kFramesContentType : kSseContentType;
  co_await tell_events(api.hub, exchange, follower, type, request->wait, std::move(out));
}

}  // namespace vela::api
