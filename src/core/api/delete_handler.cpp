#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "core/api/handlers.hpp"
#include "core/api/write_request.hpp"
#include "core/api/write_turn.hpp"

namespace vela::api {
namespace {

bool is_forced(const base::Query& query) {
  const auto force = query.find("force");
  return force && *force != "0";
}

// Vela's answer: a sentence as a JSON string.
net::Response deleted_response(const std::string& what) {
  const boost::json::string text("logs deleted for " + what);
  return net::json_response(200, boost::json::serialize(text));
}

net::Response in_use_response(const logs::LogId& id) {
  return net::error_response(409, id.to_string() +
                                      " is still being written: delete it when it has ended, or "
                                      "with ?force=1, which ends its upload");
}

net::Response not_stored_response() {
  return store_failure(
      Error(ErrorCode::unavailable, "the deletion is not stored yet; ask for it again"));
}

void remove(hub::LogHub& hub, const hub::HubLogPtr& log) {
  ++hub.counts().removed_logs;
  hub.counts().removed_bytes += log->live.received();
  hub.erase(log);
}

// Deletes those that are not deleted yet; they are gone for all when this answers 200.
async::Awaitable<net::Response> erase_all(hub::LogHub& hub, std::vector<hub::HubLogPtr> logs,
                                          bool is_force, std::string what) {
  for (const hub::HubLogPtr& log : logs)
    if (log->live.is_in_use() && !is_force) co_return in_use_response(log->live.record().id);
  // As they are when all are deleted: while one is waited for, another may be begun anew.
  std::vector<std::uint64_t> generations;
  for (const hub::HubLogPtr& log : logs) {
    if (!log->live.is_deleted()) remove(hub, log);
    generations.push_back(log->live.record().generation.number);
  }
  for (std::size_t i = 0; i < logs.size(); ++i) {
    co_await hub.wait_stored(logs[i], 0, kStoredLimit);
    // The commit that begins a log anew, too, carries the deletion.
    const bool is_anew = logs[i]->live.record().generation.number != generations[i];
    if (!is_anew && !logs[i]->live.has_ended()) co_return not_stored_response();
  }
  co_return deleted_response(what);
}

async::Awaitable<net::Response> take_deletion_of_log(hub::LogHub& hub, logs::LogId id,
                                                     bool is_force) {
  if (hub.is_draining()) co_return draining_response();
  const std::string name = id.build.to_string() + "/" + std::to_string(id.number);
  const std::string what = (id.kind == logs::LogKind::step ? "step " : "service ") + name;
  const auto opened = co_await hub.open(std::move(id));
  if (!opened) co_return store_failure(opened.error());
  if ((*opened)->live.state() == logs::LogState::pending)
    co_return net::error_response(404, "nothing has been written to " + what);
  std::vector<hub::HubLogPtr> logs{*opened};
  co_return co_await erase_all(hub, std::move(logs), is_force, what);
}

async::Awaitable<net::Response> take_deletion_of_build(hub::LogHub& hub, logs::BuildId build,
                                                       bool is_force) {
  if (hub.is_draining()) co_return draining_response();
  const std::string what = "build " + build.to_string();
  auto opened = co_await hub.open_build(std::move(build));
  if (!opened) co_return store_failure(opened.error());
  if (opened->empty()) co_return net::error_response(404, "nothing has been written to " + what);
  std::vector<hub::HubLogPtr> logs = std::move(*opened);
  co_return co_await erase_all(hub, std::move(logs), is_force, what);
}

}  // namespace

async::Awaitable<void> delete_log(ApiContext& api, net::Exchange& exchange, Target target) {
  const bool is_force = is_forced(target.query);
  net::Response response = co_await take_deletion_of_log(api.hub, std::move(target.log), is_force);
  static_cast<void>(co_await exchange.respond(std::move(response)));
}

async::Awaitable<void> delete_build(ApiContext& api, net::Exchange& exchange, Target target) {
  const bool is_force = is_forced(target.query);
  net::Response response =
      co_await take_deletion_of_build(api.hub, std::move(target.build), is_force);
  static_cast<void>(co_await exchange.respond(std::move(response)));
}

}  // namespace vela::api
