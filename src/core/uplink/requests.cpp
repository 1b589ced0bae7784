#include "core/uplink/requests.hpp"

#include <chrono>
#include <utility>

#include "core/base/query.hpp"
#include "core/logs/wire_frames.hpp"
#include "core/net/server_url.hpp"

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""s;

// 256 KiB over the slowest line that anybody would build on; the server itself waits at most 2 s.
constexpr auto kAppendLimit = 30s;
// A stream's own 10 s, and what a slow line still holds in its socket buffer when it closes.
constexpr auto kStreamLimit = 60s;
// A path that needs longer for a connection is no place for streams either.
constexpr auto kProbeConnectLimit = 5s;

net::ClientRequest make_request(const Target& target, std::string method, const std::string& path) {
  net::ClientRequest request;
  request.method = std::move(method);
  request.url = net::url_at(target.server, path);
  target.token.add_to(request);
  return request;
}

net::ClientRequest make_write(const Target& target, std::string method, const std::string& path,
                              const logs::WriterId& writer) {
  net::ClientRequest request =
      make_request(target, std::move(method), logs::log_path(target.log) + path);
  request.headers.emplace_back("Vela-Logs-Writer", writer.to_string());
  if (target.round_trip) {
    request.headers.emplace_back("Vela-Logs-Clock",
                                 std::to_string(base::to_unix_micros(base::wall_now())) +
                                     ";rtt=" + std::to_string(target.round_trip->count()));
  }
  return request;
}

void add_content_type(net::ClientRequest& request) {
  request.headers.emplace_back("Content-Type", std::string(logs::kFramesContentType));
}

}  // namespace

net::ClientRequest append_request(const Target& target, const Send& send,
                                  const buffer::Spool& held) {
  base::Query query;
  query.add("offset", std::to_string(send.from));
  if (send.is_announcement) {
    if (!target.name.empty()) query.add("name", target.name);
    query.add("started", std::to_string(base::to_unix_micros(target.started) / 1000));
  }
  if (send.takeover) query.add("takeover", send.takeover->to_string());
  if (send.takeover && send.is_forced) query.add("force", "1");
  if (send.wants_durable) query.add("durable", std::to_string(send.from));
  if (send.seal) logs::add_to_query(query, *send.seal);
  net::ClientRequest request =
      make_write(target, "PATCH", "/logs?" + query.to_string(), send.writer);
  if (send.to != send.from) {
    add_content_type(request);
    request.body = logs::encode_body(held.slices(send.from, send.to - send.from));
  }
  request.total_limit = kAppendLimit;
  request.is_fresh_connection = send.needs_fresh_connection;
  return request;
}

net::ClientRequest stream_request(const Target& target, const OpenStream& stream) {
  base::Query query;
  query.add("offset", std::to_string(stream.from));
  if (stream.wants_durable) query.add("durable", std::to_string(stream.from));
  net::ClientRequest request =
      make_write(target, "POST", "/stream?" + query.to_string(), stream.writer);
  add_content_type(request);
  request.is_body_fed = true;
  request.total_limit = kStreamLimit;
  request.is_fresh_connection = stream.needs_fresh_connection;
  return request;
}

// Never on a connection that live output may need.
net::ClientRequest probe_request(const Target& target, const Probe& probe) {
  net::ClientRequest request =
      stream_request(target, OpenStream{probe.writer, probe.from, false, true});
  request.connect_limit = kProbeConnectLimit;
  return request;
}

net::ClientRequest socket_request(const Target& target, const OpenSocket& socket) {
  return make_write(target, "GET", "/stream", socket.writer);
}

net::ClientRequest end_build_request(const Target& target) {
  net::ClientRequest request =
      make_request(target, "POST", logs::build_path(target.log.build) + "/end");
  request.total_limit = kAppendLimit;
  return request;
}

Reply to_reply(const Result<net::ClientReply>& reply, std::string_view log) {
  if (!reply) return Failure{reply.error().text()};
  const auto retry_after = parse_retry_after(reply->find_header("Retry-After").value_or(""),
                                             reply->find_header("Date"), base::wall_now());
  return read_reply(reply->status, reply->body, retry_after, log);
}

Reply to_upgrade_reply(const net::ClientReply& reply, std::string_view log) {
  Reply read = to_reply(reply, log);
  const auto* refusal = std::get_if<Refusal>(&read);
  const bool is_telling = reply.status == 409 || reply.status == 410 ||
                          (refusal != nullptr && refusal->kind == RefusalKind::busy);
  if (is_telling || std::holds_alternative<Failure>(read)) return read;
  return Failure{"an upgrade was answered HTTP " + std::to_string(reply.status)};
}

}  // namespace vela::uplink
