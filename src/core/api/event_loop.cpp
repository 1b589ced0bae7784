#include "core/api/event_loop.hpp"

#include <chrono>
#include <utility>

#include "core/api/write_request.hpp"
#include "core/base/logging.hpp"

namespace vela::api {
namespace {

using std::chrono_literals::operator""s;

// Proxies cut a silent download after 30 s at the earliest (measured); a reader takes 25 s of
// silence for a dead path.
constexpr auto kHeartbeat = 10s;
// A long poll takes no more once it holds this much: fewer answers for who is far behind, and
// bounded memory.
constexpr std::size_t kPollBytes = 1024 * 1024;

async::Awaitable<void> keep_telling(hub::LogHub& hub, net::Exchange& exchange, EventSource& source,
                                    std::string_view content_type, std::string out) {
  net::Headers headers;
  headers.emplace_back("Content-Type", std::string(content_type));
  headers.emplace_back("X-Accel-Buffering", "no");  // nginx would hold the stream back
  if (const auto head = co_await exchange.begin(200, std::move(headers)); !head) co_return;
  base::SteadyTime heartbeat_at = base::steady_now() + kHeartbeat;
  while (true) {
    const auto pulled = co_await source.pull(out);
    if (!pulled) {
      // The reader sees the stream cut and comes back to where it was.
      spdlog::error("cannot read for a follower: {}", pulled.error().text());
      co_return;
    }
    if (!out.empty()) {
      if (const auto written = co_await exchange.write(out); !written) co_return;
      out.clear();
      source.on_sent();
      heartbeat_at = base::steady_now() + kHeartbeat;
    }
    if (source.has_news()) continue;
    if (source.has_ended() || hub.is_draining()) break;
    static_cast<void>(co_await source.changed().wait_until(heartbeat_at));
    if (base::steady_now() >= heartbeat_at) source.put_heartbeat(out);
  }
  static_cast<void>(co_await exchange.finish());
}

async::Awaitable<net::Response> gather(hub::LogHub& hub, EventSource& source,
                                       std::string_view content_type, std::chrono::seconds wait,
                                       std::string out) {
  const base::SteadyTime until = base::steady_now() + wait;
  const std::size_t greeting = out.size();
  while (true) {
    const auto pulled = co_await source.pull(out);
    if (!pulled) co_return store_failure(pulled.error());
    if (source.has_news() && out.size() < kPollBytes) continue;
    if (out.size() > greeting || source.has_ended()) break;
    if (hub.is_draining()) co_return draining_response();
    if (base::steady_now() >= until) {
      source.put_heartbeat(out);
      break;
    }
    static_cast<void>(co_await source.changed().wait_until(until));
  }
  net::Response response;
  response.headers.emplace_back("Content-Type", std::string(content_type));
  response.body = std::move(out);
  co_return response;
}

}  // namespace

async::Awaitable<void> tell_events(hub::LogHub& hub, net::Exchange& exchange, EventSource& source,
                                   std::string_view content_type,
                                   std::optional<std::chrono::seconds> wait, std::string out) {
  if (!wait) {
    co_await keep_telling(hub, exchange, source, content_type, std::move(out));
    co_return;
  }
  net::Response response = co_await gather(hub, source, content_type, *wait, std::move(out));
  const auto sent = co_await exchange.respond(std::move(response));
  if (sent) source.on_sent();
}

}  // namespace vela::api
