#pragma once

#include "core/api/api_context.hpp"
#include "core/api/metrics.hpp"
#include "core/api/request_counts.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// Finds the handler of a request in the route table (router.cpp) and answers what fits no row.
//
// Errors: 400 for a target that is malformed or names nothing valid, 404 for an unknown path, 405
//         with Allow for a method that the path does not take.
class Router final : public net::HttpHandler {
 public:
  // Adds what it counts, and what the hub, its store and this process say, to `metrics`; both
  // outlive it.
  Router(hub::LogHub& hub, Metrics& metrics);
  [[nodiscard]] async::Awaitable<void> serve(net::Exchange& exchange) override;
  // Counts, and writes a line in our own log at debug.
  void on_end(const net::RequestEnd& end) override;

 private:
  void put_metrics(MetricFamilies& out) const;

  ApiContext api_;
  RequestCounts requests_;
};

}  // namespace vela::api
