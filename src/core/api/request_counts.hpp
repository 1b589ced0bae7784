#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/api/metric_families.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// How many requests each route had, with which kind of answer, and why requests were refused. The
// labels are the rows of the route table and kinds of answers: nobody can make more of them.
//
// Executor: the server's thread.
class RequestCounts {
 public:
  // A row of the route table as people know it.
  struct Route {
    std::string method;
    std::string pattern;
  };
  explicit RequestCounts(std::vector<Route> routes);

  // RequestEnd::mark is the route's number; -1 stands for requests that fit none.
  void count(const net::RequestEnd& end, bool is_draining);
  // `refusals`: of writes, which hub::LogHub counts by reason; they join those of a status.
  void put(MetricFamilies& out,
           const std::vector<std::pair<std::string_view, std::uint64_t>>& refusals) const;

 private:
  // 1xx to 5xx; what had no answer stands at 0.
  static constexpr std::size_t kClasses = 6;
  static constexpr std::size_t kReasons = 17;

  const std::vector<Route> routes_;  // the last one is that of requests that fit none
  std::vector<std::array<std::uint64_t, kClasses>> ended_;
  std::array<std::uint64_t, kReasons> refused_{};
};

}  // namespace vela::api
