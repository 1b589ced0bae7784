#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/api/metric_families.hpp"
#include "core/hub/log_hub.hpp"
#include "core/hub/retention.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// What /metrics is made of: functions that each write some families. Nothing is kept here; a source
// reads its own plain numbers when it is asked.
//
// Executor: the server's thread. A source does not block.
class Metrics {
 public:
  using Source = std::function<void(MetricFamilies& out)>;

  void add(Source source) { sources_.push_back(std::move(source)); }
  [[nodiscard]] std::string page() const;

 private:
  std::vector<Source> sources_;
};

// The sources that there are beside those of the router; docs/operations.md lists what they say.
void put_hub_metrics(MetricFamilies& out, const hub::LogHub& hub);
void put_store_metrics(MetricFamilies& out, const hub::LogHub& hub);
// Which logs were deleted, by retention and by request, and what became of them.
void put_retention_metrics(MetricFamilies& out, const hub::LogHub& hub,
                           const hub::Retention& retention);
void put_server_metrics(MetricFamilies& out, const net::HttpServer& server);
// Of this process, under the names that all of Prometheus' libraries give them.
void put_process_metrics(MetricFamilies& out);

}  // namespace vela::api
