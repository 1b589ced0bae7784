#pragma once

#include "core/api/api_context.hpp"

// One handler a request kind; what each takes and answers is in docs/protocol.md.
namespace vela::api {

// writing: append_handler.cpp, stream_handler.cpp, websocket_handler.cpp
async::Awaitable<void> append(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> stream(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> websocket(ApiContext& api, net::Exchange& exchange, Target target);

// reading: read_handler.cpp
async::Awaitable<void> read_log(ApiContext& api, net::Exchange& exchange, Target target);

// following: events_handler.cpp, build_events_handler.cpp
async::Awaitable<void> log_events(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> build_events(ApiContext& api, net::Exchange& exchange, Target target);

// deleting: delete_handler.cpp
async::Awaitable<void> delete_log(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> delete_build(ApiContext& api, net::Exchange& exchange, Target target);

// what there is: describe_handler.cpp, metrics.cpp
async::Awaitable<void> list_logs(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> describe_log(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> end_build(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> health(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> metrics(ApiContext& api, net::Exchange& exchange, Target target);
async::Awaitable<void> version(ApiContext& api, net::Exchange& exchange, Target target);

}  // namespace vela::api
