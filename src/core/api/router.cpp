#include "core/api/router.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/handlers.hpp"
#include "core/base/encoding.hpp"
#include "core/base/logging.hpp"

namespace vela::api {
namespace {

struct Route {
  std::string_view method;
  std::string_view pattern;  // segments in braces are variables
  Handler handler;
};

constexpr std::string_view kBuilds = "/api/v1/repos/{org}/{repo}/builds/{build}";

// '~' stands for kBuilds.
constexpr std::array kRoutes{
    Route{"PATCH", "~/{kind}/{n}/logs", &append},
    Route{"POST", "~/{kind}/{n}/stream", &stream},
    Route{"GET", "~/{kind}/{n}/stream", &websocket},
    Route{"GET", "~/{kind}/{n}/logs", &read_log},
    Route{"HEAD", "~/{kind}/{n}/logs", &read_log},
    Route{"DELETE", "~/{kind}/{n}/logs", &delete_log},
    Route{"DELETE", "~/logs", &delete_build},
    Route{"GET", "~/{kind}/{n}/events", &log_events},
    Route{"GET", "~/events", &build_events},
    Route{"POST", "~/end", &end_build},
    Route{"GET", "~/{kind}", &list_logs},
    Route{"GET", "~/{kind}/{n}", &describe_log},
    Route{"GET", "/health", &health},
    Route{"GET", "/metrics", &metrics},
    Route{"GET", "/version", &version},
};

// Cuts the first segment off `path`, which begins with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

struct Variable {
  std::string_view name;   // "org", without the braces
  std::string_view value;  // still percent-encoded
};

// Matches both from the front as long as `pattern` lasts; nothing when they differ.
bool match_segments(std::string_view pattern, std::string_view& path,
                    std::vector<Variable>& variables) {
  while (!pattern.empty()) {
    if (path.empty()) return false;
    const std::string_view expected = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (expected.starts_with('{')) {
      // `{kind}` is a closed set: "/events" is another route, not a kind.
      if (expected == "{kind}" && !logs::parse_log_kind(segment)) return false;
      variables.push_back({expected.substr(1, expected.size() - 2), segment});
    } else if (expected != segment) {
      return false;
    }
  }
  return true;
}

std::optional<std::vector<Variable>> match(const Route& route, std::string_view path) {
  std::vector<Variable> variables;
  std::string_view pattern = route.pattern;
  if (pattern.starts_with('~')) {
    if (!match_segments(kBuilds, path, variables)) return std::nullopt;
    pattern.remove_prefix(1);
  }
  if (!match_segments(pattern, path, variables) || !path.empty()) return std::nullopt;
  return variables;
}

// Joins the variables to what LogId and BuildId parse: one set of rules for all ways of naming a
// log.
Result<Target> make_target(const std::vector<Variable>& variables, const std::string& query) {
  Target target;
  std::string joined;
  bool is_log = false;
  for (const Variable& variable : variables) {
    const auto value = base::percent_decode(variable.value);
    // A name that holds a slash would be two names once joined.
    if (!value || value->find('/') != std::string::npos)
      return Error(ErrorCode::invalid, "a name in the path is malformed or holds '/'");
    if (variable.name == "kind") target.kind = *logs::parse_log_kind(*value);
    if (variable.name == "n") is_log = true;
    if (variable.name == "kind" && variables.back().name == "kind") break;
    if (!joined.empty()) joined.push_back('/');
    joined += *value;
  }
  if (is_log) {
    auto log = logs::LogId::parse(joined);
    if (!log) return log.error();
    target.build = log->build;
    target.log = std::move(*log);
  } else if (!joined.empty()) {
    auto build = logs::BuildId::parse(joined);
    if (!build) return build.error();
    target.build = std::move(*build);
  }
  auto parsed = base::Query::parse(query);
  if (!parsed) return parsed.error();
  target.query = std::move(*parsed);
  return target;
}

net::Response no_route(const std::string& allowed) {
  if (allowed.empty()) return net::error_response(404, "no such path");
  net::Response response =
      net::error_response(405, "this path takes " + allowed + ", not this method");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

// "/api/v1/repos/{org}/…": names no log. Of what fits no row, nothing.
std::string pattern_of(int mark) {
  if (mark < 0) return {};
  const std::string_view pattern = kRoutes[static_cast<std::size_t>(mark)].pattern;
  if (!pattern.starts_with('~')) return std::string(pattern);
  return std::string(kBuilds).append(pattern.substr(1));
}

std::vector<RequestCounts::Route> name_routes() {
  std::vector<RequestCounts::Route> routes;
  for (std::size_t i = 0; i != kRoutes.size(); ++i)
    routes.push_back({std::string(kRoutes[i].method), pattern_of(static_cast<int>(i))});
  return routes;
}

}  // namespace

Router::Router(hub::LogHub& hub, Metrics& metrics) : api_{hub, metrics}, requests_(name_routes()) {
  metrics.add([&hub](MetricFamilies& out) { put_hub_metrics(out, hub); });
  metrics.add([&hub](MetricFamilies& out) { put_store_metrics(out, hub); });
  metrics.add([this](MetricFamilies& out) { put_metrics(out); });
  metrics.add(&put_process_metrics);
}

void Router::put_metrics(MetricFamilies& out) const {
  std::vector<std::pair<std::string_view, std::uint64_t>> refusals;
  const hub::HubCounts& counts = api_.hub.counts();
  for (std::size_t i = 0; i != counts.refusals.size(); ++i)
    refusals.emplace_back(hub::to_string(static_cast<hub::Refusal>(i)), counts.refusals[i]);
  requests_.put(out, refusals);
}

// Nothing that a peer sends goes in but the method: no path, no query, no header.
void Router::on_end(const net::RequestEnd& end) {
  requests_.count(end, api_.hub.is_draining());
  if (!spdlog::should_log(spdlog::level::debug)) return;
  const std::string route = pattern_of(end.mark);
  const std::string_view method =
      end.request == nullptr ? "" : std::string_view(end.request->method);
  base::log_fields(spdlog::level::debug, "request",
                   {{"method", method},
                    {"route", std::string_view(route)},
                    {"status", std::int64_t{end.status}},
                    {"received_bytes", static_cast<std::int64_t>(end.received_bytes)},
                    {"sent_bytes", static_cast<std::int64_t>(end.sent_bytes)},
                    {"took_us", std::int64_t{end.took.count()}},
                    {"peer", end.peer}});
}

async::Awaitable<void> Router::serve(net::Exchange& exchange) {
  const net::Request& request = exchange.request();
  std::string allowed;
  for (std::size_t i = 0; i != kRoutes.size(); ++i) {
    const Route& route = kRoutes[i];
    const auto variables = match(route, request.path);
    if (!variables) continue;
    if (route.method != request.method) {
      if (!allowed.empty()) allowed += ", ";
      allowed += route.method;
      continue;
    }
    exchange.set_mark(static_cast<int>(i));
    auto target = make_target(*variables, request.query);
    if (!target) {
      net::Response bad = net::error_response(400, target.error().text());
      static_cast<void>(co_await exchange.respond(std::move(bad)));
      co_return;
    }
    Target named = std::move(*target);
    co_await route.handler(api_, exchange, std::move(named));
    co_return;
  }
  net::Response refusal = no_route(allowed);
  static_cast<void>(co_await exchange.respond(std::move(refusal)));
}

}  // namespace vela::api
