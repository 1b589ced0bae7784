#pragma once

#include "core/api/api_context.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// Finds the handler of a request in the route table (router.cpp) and answers what fits no row.
//
// Errors: 400 for a target that is malformed or names nothing valid, 404 for an unknown path, 405
//         with Allow for a method that the path does not take.
class Router final : public net::HttpHandler {
 public:
  explicit Router(hub::LogHub& hub) : api_{hub} {}
  [[nodiscard]] async::Awaitable<void> serve(net::Exchange& exchange) override;
  // A line in our own log, at debug.
  void on_end(const net::RequestEnd& end) override;

 private:
  ApiContext api_;
};

}  // namespace vela::api
