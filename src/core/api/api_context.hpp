#pragma once

#include "core/async/awaitable.hpp"
#include "core/base/query.hpp"
#include "core/hub/log_hub.hpp"
#include "core/logs/log_id.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

class Metrics;

// What the handlers of the wire work on.
struct ApiContext {
  hub::LogHub& hub;
  const Metrics& metrics;
};

// What a request's target names, decoded and checked; which parts are set depends on the route.
struct Target {
  logs::BuildId build;
  logs::LogKind kind = logs::LogKind::step;
  logs::LogId log;
  base::Query query;
};

using Handler = async::Awaitable<void> (*)(ApiContext& api, net::Exchange& exchange, Target target);

}  // namespace vela::api
