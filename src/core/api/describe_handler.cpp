#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "core/api/handlers.hpp"
#include "core/api/log_json.hpp"
#include "core/api/write_request.hpp"

namespace vela::api {
namespace {

async::Awaitable<void> send(net::Exchange& exchange, net::Response response) {
  static_cast<void>(co_await exchange.respond(std::move(response)));
}

}  // namespace

async::Awaitable<void> list_logs(ApiContext& api, net::Exchange& exchange, Target target) {
  const auto opened = co_await api.hub.open_build(std::move(target.build));
  net::Response response;
  if (!opened) {
    response = store_failure(opened.error());
  } else {
    boost::json::array list;
    for (const hub::HubLogPtr& log : *opened)
      if (log->live.record().id.kind == target.kind) list.push_back(describe(log->live));
    response = net::json_response(200, boost::json::serialize(list));
  }
  co_await send(exchange, std::move(response));
}

async::Awaitable<void> describe_log(ApiContext& api, net::Exchange& exchange, Target target) {
  const std::string name = target.log.to_string();
  const auto opened = co_await api.hub.open(std::move(target.log));
  net::Response response;
  if (!opened) {
    response = store_failure(opened.error());
  } else if ((*opened)->live.state() == logs::LogState::pending) {
    response = net::error_response(404, "nothing has been written to " + name);
  } else {
    response = net::json_response(200, boost::json::serialize(describe((*opened)->live)));
  }
  co_await send(exchange, std::move(response));
}

async::Awaitable<void> end_build(ApiContext& api, net::Exchange& exchange, Target target) {
  net::Response response;
  if (api.hub.is_draining()) {
    response = draining_response();
  } else {
    const std::string name = target.build.to_string();
    const auto ended = co_await api.hub.builds().end(std::move(target.build));
    boost::json::object object;
    object["build"] = name;
    object["state"] = "ended";
    response = ended ? net::json_response(200, boost::json::serialize(object))
                     : store_failure(ended.error());
  }
  co_await send(exchange, std::move(response));
}

async::Awaitable<void> health(ApiContext& api, net::Exchange& exchange, Target /*target*/) {
  const hub::Health health = api.hub.health();
  boost::json::array reasons;
  for (const hub::HealthReason& reason : health.reasons) {
    boost::json::object object;
    object["code"] = reason.code;
    object["text"] = reason.text;
    reasons.push_back(std::move(object));
  }
  boost::json::object object;
  object["status"] = hub::to_string(health.status);
  object["reasons"] = std::move(reasons);
  // As on all errors.
  if (!health.takes_requests) object["error"] = health.reasons.front().text;
  net::Response response =
      net::json_response(health.takes_requests ? 200 : 503, boost::json::serialize(object));
  if (!health.takes_requests) response.headers.emplace_back("Retry-After", "1");
  co_await send(exchange, std::move(response));
}

async::Awaitable<void> version(ApiContext& /*api*/, net::Exchange& exchange, Target /*target*/) {
  boost::json::object object;
  object["canonical"] = "v" VELA_LOGS_VERSION;
  net::Response response = net::json_response(200, boost::json::serialize(object));
  co_await send(exchange, std::move(response));
}

}  // namespace vela::api
