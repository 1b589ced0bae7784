#include "core/api/write_request.hpp"

#include <chrono>
#include <string>

#include <boost/json.hpp>

#include "core/base/number.hpp"
#include "core/logs/wire_frames.hpp"

namespace vela::api {
namespace {

// Far above any time of day, far below what would overflow.
constexpr std::uint64_t kMostMicroseconds = 100'000'000'000'000'000;

bool is_set(const base::Query& query, std::string_view name) {
  const auto value = query.find(name);
  return value && *value != "0";
}

// "1700000000000000;rtt=1234", in microseconds.
Result<void> read_clock(const net::Request& request, hub::WriterClaim& claim) {
  constexpr std::string_view kRoundTrip = ";rtt=";
  const auto header = request.find_header("Vela-Logs-Clock");
  if (!header) return {};
  const auto split = header->find(kRoundTrip);
  const auto sent = base::parse_number(header->substr(0, split));
  const auto round_trip = split == std::string_view::npos
                              ? std::nullopt
                              : base::parse_number(header->substr(split + kRoundTrip.size()));
  if (!sent || !round_trip || *sent > kMostMicroseconds || *round_trip > kMostMicroseconds)
    return base::bad_value(
        "header Vela-Logs-Clock",
        "MICROSECONDS;rtt=MICROSECONDS, the time since 1970 and that of an answer");
  hub::ClockReading reading;
  reading.sent = base::from_unix_micros(static_cast<std::int64_t>(*sent));
  reading.arrived = base::wall_now();
  reading.round_trip = std::chrono::microseconds(static_cast<std::int64_t>(*round_trip));
  claim.clock = reading;
  return {};
}

Result<void> read_claim(const net::Request& request, const base::Query& query,
                        hub::WriterClaim& claim) {
  if (const auto header = request.find_header("Vela-Logs-Writer")) {
    const auto writer = logs::WriterId::parse(*header);
    if (!writer) return base::bad_value("header Vela-Logs-Writer", "32 hex digits");
    claim.writer = *writer;
  } else {
    claim.writer = logs::WriterId::make_random();
    claim.is_anonymous = true;
  }
  if (const auto takeover = query.find("takeover")) {
    claim.takeover = logs::WriterId::parse(*takeover);
    if (!claim.takeover) return base::bad_value("parameter takeover", "32 hex digits");
  }
  claim.force = is_set(query, "force");
  if (const auto name = query.find("name")) {
    if (name->size() > logs::kMaxStepNameBytes)
      return base::bad_value("parameter name", "at most 250 bytes");
    claim.name = std::string(*name);
  }
  if (const auto started = query.find("started")) {
    const auto milliseconds = base::parse_number(*started);
    // Far above any time of day, far below what would overflow.
    if (!milliseconds || *milliseconds > 100'000'000'000'000)
      return base::bad_value("parameter started", "milliseconds since 1970");
    claim.started =
        base::WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(*milliseconds)));
  }
  return read_clock(request, claim);
}

}  // namespace

Result<WriteRequest> parse_write(const net::Request& request, const base::Query& query) {
  WriteRequest write;
  if (auto claimed = read_claim(request, query, write.claim); !claimed) return claimed.error();
  if (auto read = logs::read_number(query, "offset", "a number of bytes", write.offset); !read)
    return read.error();
  if (auto read = logs::read_number(query, "durable", "a number of bytes", write.durable_until);
      !read)
    return read.error();
  write.is_final = is_set(query, "final");
  if (write.is_final && query.find("length")) {
    auto seal = logs::parse_seal(query);
    if (!seal) return seal.error();
    write.seal = std::move(*seal);
  }
  const auto type = request.find_header("Content-Type");
  write.is_framed = type && type->substr(0, type->find(';')) == logs::kFramesContentType;
  return write;
}

logs::Acknowledgement acknowledge(const hub::LogHub& hub, const hub::HubLog& log) {
  const hub::LiveLog& live = log.live;
  logs::Acknowledgement ack;
  ack.log = live.record().id.to_string();
  ack.generation = live.record().generation.number;
  ack.offset = live.received();
  ack.durable = live.durable();
  ack.interval = hub.append_interval(log);
  if (live.has_ended()) {
    ack.state = live.state() == logs::LogState::sealed ? logs::AckState::sealed
                                                       : logs::AckState::incomplete;
  }
  return ack;
}

net::Response refuse(const hub::HubLog& log, hub::Refusal refusal) {
  const auto text = [refusal]() -> std::string_view {
    switch (refusal) {
      case hub::Refusal::gap:
        return "bytes are missing before this; go on at the offset";
      case hub::Refusal::other_writer:
        return "another writer owns this log";
      case hub::Refusal::replaced:
        return "this writer was replaced by another";
      case hub::Refusal::sealed:
        return "this log has ended";
      case hub::Refusal::deleted:
        return "this log was deleted";
      case hub::Refusal::diverged:
        break;
    }
    return "these are not the bytes that were sent before";
  };
  const hub::LiveLog& live = log.live;
  boost::json::object object;
  object["error"] = text();
  object["reason"] = hub::to_string(refusal);
  object["offset"] = live.received();
  object["generation"] = live.record().generation.number;
  if (live.record().owner.is_set()) object["writer"] = live.record().owner.to_string();
  object["state"] = logs::to_string(live.state());
  const int status = refusal == hub::Refusal::deleted ? 410 : 409;
  return net::json_response(status, boost::json::serialize(object));
}

net::Response draining_response() {
  net::Response response = net::error_response(503, "this server is shutting down; try again");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

net::Response store_failure(const Error& error) {
  if (error.code() == ErrorCode::not_found) return net::error_response(410, error.text());
  if (error.code() == ErrorCode::corrupt) return net::error_response(500, error.text());
  net::Response response = net::error_response(503, error.text());
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace vela::api
