#include "core/api/metrics.hpp"

#include "core/api/handlers.hpp"

namespace vela::api {

std::string Metrics::page() const {
  MetricFamilies families;
  for (const Source& source : sources_) source(families);
  return families.to_text();
}

void put_server_metrics(MetricFamilies& out, const net::HttpServer& server) {
  const net::ServerCounts& counts = server.counts();
  out.add_gauge("vela_logs_http_connections", "Connections that are open",
                static_cast<double>(server.sessions()));
  out.add_counter("vela_logs_http_accepted_connections_total", "Connections that were taken",
                  static_cast<double>(counts.accepted));
  out.add_counter("vela_logs_http_rejected_connections_total",
                  "Connections that were closed at once, because there were too many",
                  static_cast<double>(counts.rejected));
  out.add_counter("vela_logs_http_received_bytes_total",
                  "Bytes of HTTP that came, heads and framing included, and of WebSockets",
                  static_cast<double>(counts.received_bytes));
  out.add_counter("vela_logs_http_sent_bytes_total",
                  "Bytes of HTTP that were sent, as compressed, and of WebSockets",
                  static_cast<double>(counts.sent_bytes));
  out.add_gauge("vela_logs_http_sending_bytes", "Memory of answers that peers have not taken yet",
                static_cast<double>(counts.sending_bytes));
}

async::Awaitable<void> metrics(ApiContext& api, net::Exchange& exchange, Target /*target*/) {
  net::Response response;
  response.headers.emplace_back("Content-Type", std::string(kMetricsContentType));
  response.body = api.metrics.page();
  static_cast<void>(co_await exchange.respond(std::move(response)));
}

}  // namespace vela::api
