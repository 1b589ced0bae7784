#include "core/api/event_loop.hpp"

#include <chrono>
#include <utility>

#include "core/base/logging.hpp"

namespace vela::api {
namespace {

using std::chrono_literals::operator""s;

// Proxies cut a silent download after 30 s at the earliest (measured); a reader takes 25 s of
// silence for a dead path.
constexpr auto kHeartbeat = 10s;

}  // namespace

async::Awaitable<void> run_event_loop(hub::LogHub& hub, net::Exchange& exchange,
                                      EventSource& source, std::string_view content_type,
                                      std::string out) {
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
      heartbeat_at = base::steady_now() + kHeartbeat;
    }
    if (source.has_news()) continue;
    if (source.has_ended() || hub.is_draining()) break;
    static_cast<void>(co_await source.changed().wait_until(heartbeat_at));
    if (base::steady_now() >= heartbeat_at) source.put_heartbeat(out);
  }
  static_cast<void>(co_await exchange.finish());
}

}  // namespace vela::api
