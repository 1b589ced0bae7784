#include "core/api/request_counts.hpp"

#include <string_view>

namespace vela::api {
namespace {

struct Reason {
  int status;
  std::string_view name;
};

// In this order: of one status with two reasons the first is the usual one. 409 is told by what
// refused: a write by its Refusal, a reader's cursor here.
constexpr Reason kReasonsOf[] = {
    {400, "malformed"}, {401, "unauthorized"},    {403, "forbidden"},    {404, "not_found"},
    {405, "method"},    {408, "timeout"},         {410, "gone"},         {413, "body_too_large"},
    {416, "range"},     {417, "expectation"},     {426, "no_upgrade"},   {431, "head_too_large"},
    {500, "internal"},  {501, "not_implemented"}, {505, "http_version"}, {503, "store"},
    {503, "draining"},
};
constexpr std::size_t kStore = 15;
constexpr std::size_t kDraining = 16;
static_assert(kReasonsOf[kStore].name == "store" && kReasonsOf[kDraining].name == "draining");

constexpr std::array<std::string_view, 6> kClassNames{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

}  // namespace

RequestCounts::RequestCounts(std::vector<Route> routes)
    : routes_([&routes] {
        routes.push_back({"", "none"});
        return std::move(routes);
      }()),
      ended_(routes_.size()) {}

void RequestCounts::count(const net::RequestEnd& end, bool is_draining) {
  const std::size_t route = end.mark < 0 ? routes_.size() - 1 : static_cast<std::size_t>(end.mark);
  const auto status_class = static_cast<std::size_t>(end.status) / 100;
  ++ended_[route][status_class < kClasses ? status_class : kClasses - 1];
  for (std::size_t i = 0; i != kReasons; ++i) {
    if (kReasonsOf[i].status != end.status) continue;
    ++refused_[i == kStore && is_draining ? kDraining : i];
    return;
  }
}

void RequestCounts::put(
    MetricFamilies& out,
    const std::vector<std::pair<std::string_view, std::uint64_t>>& refusals) const {
  static_assert(std::size(kReasonsOf) == kReasons);
  auto ended = out.add_counters(
      "vela_logs_http_requests_total",
      "Requests that are over, by route and kind of answer; none: the peer had gone before it");
  for (std::size_t i = 0; i != routes_.size(); ++i) {
    for (std::size_t status_class = 0; status_class != kClasses; ++status_class) {
      const std::uint64_t count = ended_[i][status_class];
      // A route that nobody asks for has no line: there would be 80 of them.
      if (count == 0) continue;
      ended.add({{"method", routes_[i].method},
                 {"route", routes_[i].pattern},
                 {"status", kClassNames[status_class]}},
                static_cast<double>(count));
    }
  }
  auto refused = out.add_counters("vela_logs_refused_requests_total",
                                  "Requests and messages that were refused, by reason");
  for (const auto& [reason, count] : refusals)
    refused.add({{"reason", reason}}, static_cast<double>(count));
  for (std::size_t i = 0; i != kReasons; ++i)
    refused.add({{"reason", kReasonsOf[i].name}}, static_cast<double>(refused_[i]));
}

}  // namespace vela::api
