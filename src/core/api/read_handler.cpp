#include <chrono>
#include <string>

#include <boost/json.hpp>

#include "core/api/handlers.hpp"
#include "core/api/read_request.hpp"
#include "core/api/write_request.hpp"
#include "core/base/logging.hpp"
#include "core/net/gzip_encoder.hpp"
#include "core/text/plain_text.hpp"

namespace vela::api {
namespace {

// One read of the store and one write to the peer.
constexpr std::size_t kPieceBytes = 256 * 1024;
// What is answered in one piece with Content-Length; a long poll never gets more at once.
constexpr std::size_t kWholeBytes = 1024 * 1024;

// What a request reads, in one snapshot of the log.
struct Reading {
  int status = 200;
  Span span;
  net::Headers headers;
  TextForm form = TextForm::raw;
  bool is_gzipped = false;
};

std::string etag_of(const hub::LiveLog& live) {
  return "\"" + std::to_string(live.record().generation.number) + "-" +
         std::to_string(live.received()) + "\"";
}

void add_snapshot(net::Headers& headers, const hub::LiveLog& live, logs::Offset after_body) {
  const store::LogRecord& record = live.record();
  const auto add = [&headers](std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
  };
  const logs::Cursor cursor{record.generation.number, after_body};
  add("Content-Type", "text/plain; charset=utf-8");
  add("Vela-Logs-Cursor", cursor.to_string());
  add("Vela-Logs-Offset", std::to_string(live.received()));
  add("Vela-Logs-Durable", std::to_string(live.durable()));
  add("Vela-Logs-Generation", std::to_string(record.generation.number));
  add("Vela-Logs-State", std::string(logs::to_string(live.state())));
  if (!live.has_ended()) return;
  const logs::Verdict verdict = live.verdict();
  add("Vela-Logs-Complete", verdict.complete ? "true" : "false");
  add("Vela-Logs-Length", std::to_string(live.received()));
  if (record.base == 0) add("Vela-Logs-Sha256", live.sha256());
  add("Vela-Logs-Status", std::string(logs::to_string(record.status)));
  if (record.seal && record.seal->exit_code)
    add("Vela-Logs-Exit-Code", std::to_string(*record.seal->exit_code));
}

// 409: what the reader has seen beyond the cut is void.
net::Response cut_response(const hub::LiveLog& live, logs::Offset resume) {
  boost::json::object object;
  object["error"] = "the log was cut below this cursor; go on at the new one";
  object["cursor"] = logs::Cursor{live.record().generation.number, resume}.to_string();
  return net::json_response(409, boost::json::serialize(object));
}

// Narrows the reading to the Range that was asked for; false when there is nothing of it (416).
bool apply_range(const ReadRequest& request, const hub::LiveLog& live, Reading& reading) {
  const bool has_ended = live.has_ended();
  if (has_ended) reading.headers.emplace_back("ETag", etag_of(live));
  const bool is_stale = request.if_range && (!has_ended || *request.if_range != etag_of(live));
  if (!request.range || is_stale || reading.form != TextForm::raw) return true;
  const std::string total = has_ended ? std::to_string(live.received()) : "*";
  const auto span = resolve(*request.range, live.received());
  if (!span) {
    reading.headers.emplace_back("Content-Range", "bytes */" + std::to_string(live.received()));
    return false;
  }
  reading.status = 206;
  reading.span = *span;
  reading.headers.emplace_back("Content-Range", "bytes " + std::to_string(span->begin) + "-" +
                                                    std::to_string(span->end - 1) + "/" + total);
  return true;
}

async::Awaitable<void> wait_for_more(hub::LogHub& hub, hub::HubLogPtr log, logs::Offset from,
                                     std::chrono::seconds limit) {
  const base::SteadyTime until = base::steady_now() + limit;
  const hub::FollowerMark follower(log);
  const std::uint64_t generation = log->live.record().generation.number;
  const auto is_idle = [&log, from, generation] {
    const hub::LiveLog& live = log->live;
    return live.received() <= from && live.record().generation.number == generation &&
           !live.has_ended();
  };
  while (is_idle() && !hub.is_draining() && base::steady_now() < until)
    static_cast<void>(co_await log->changed.wait_until(until));
}

// Reads the span and hands it on in order; false when the store failed or the peer is gone.
class BodyWriter {
 public:
  BodyWriter(net::Exchange& exchange, const Reading& reading)
      : exchange_(exchange), form_(reading.form) {
    if (reading.is_gzipped) gzip_ = std::make_unique<net::GzipEncoder>();
  }

  [[nodiscard]] async::Awaitable<bool> put(const std::vector<logs::ChunkSlice>& slices) {
    std::string piece;
    for (const logs::ChunkSlice& slice : slices) {
      if (form_ == TextForm::plain) {
        add(plain_.put(slice.bytes()), piece);
      } else {
        add(slice.bytes(), piece);
      }
    }
    co_return co_await send(piece);
  }

  [[nodiscard]] async::Awaitable<bool> finish() {
    std::string piece;
    if (form_ == TextForm::plain) add(plain_.finish(), piece);
    if (gzip_) gzip_->finish(piece);
    if (!co_await send(piece)) co_return false;
    const auto finished = co_await exchange_.finish();
    co_return finished.has_value();
  }

 private:
  void add(std::string_view text, std::string& piece) {
    if (gzip_) {
      gzip_->put(text, piece);
    } else {
      piece += text;
    }
  }

  [[nodiscard]] async::Awaitable<bool> send(const std::string& piece) {
    if (piece.empty()) co_return true;  // an empty chunk would end the body
    const auto written = co_await exchange_.write(piece);
    co_return written.has_value();
  }

  net::Exchange& exchange_;
  const TextForm form_;
  text::PlainText plain_;
  std::unique_ptr<net::GzipEncoder> gzip_;
};

// An answer of any length; cut off, never wrong, when the store fails in the middle.
async::Awaitable<void> send_long(hub::LogHub& hub, net::Exchange& exchange, hub::HubLogPtr log,
                                 Reading reading) {
  net::Headers headers = reading.headers;
  if (const auto begun = co_await exchange.begin(reading.status, std::move(headers)); !begun)
    co_return;
  BodyWriter writer(exchange, reading);
  logs::Offset at = exchange.request().method == "HEAD" ? reading.span.end : reading.span.begin;
  while (at < reading.span.end) {
    const std::size_t most = std::min<logs::ByteCount>(kPieceBytes, reading.span.end - at);
    const auto slices = co_await hub.reader().read(log, at, most);
    if (!slices) {
      spdlog::error("cannot read for an answer: {}", slices.error().text());
      co_return;
    }
    if (slices->empty()) co_return;  // deleted meanwhile: the peer sees the answer cut
    if (!co_await writer.put(*slices)) co_return;
    hub.counts().delivered_bytes += slices->back().end - at;
    at = slices->back().end;
  }
  static_cast<void>(co_await writer.finish());
}

async::Awaitable<Result<net::Response>> read_short(hub::LogHub& hub, hub::HubLogPtr log,
                                                   Reading reading) {
  net::Response response;
  response.status = reading.status;
  logs::Offset at = reading.span.begin;
  while (at < reading.span.end) {
    const auto slices = co_await hub.reader().read(log, at, reading.span.end - at);
    if (!slices) co_return slices.error();
    if (slices->empty()) co_return Error(ErrorCode::not_found, "the log was deleted meanwhile");
    for (const logs::ChunkSlice& slice : *slices) response.body += slice.bytes();
    hub.counts().delivered_bytes += slices->back().end - at;
    at = slices->back().end;
  }
  response.headers = std::move(reading.headers);
  co_return response;
}

// Where the request wants to begin: an answer when that is not possible, else the span.
async::Awaitable<std::optional<net::Response>> find_span(hub::LogHub& hub, hub::HubLogPtr log,
                                                         const ReadRequest& request,
                                                         Reading& reading) {
  const hub::LiveLog& live = log->live;
  const logs::Offset wanted = request.cursor ? request.cursor->offset : request.offset.value_or(0);
  if (request.wait) co_await wait_for_more(hub, log, wanted, *request.wait);
  if (request.cursor) {
    const logs::Offset resume = live.resume_point(*request.cursor);
    if (resume < request.cursor->offset) co_return cut_response(live, resume);
  }
  reading.span = {wanted, live.received()};
  if (request.last_lines && !request.cursor && !request.offset) {
    const logs::Offset end = live.received();
    const auto found = co_await hub.reader().find_last_lines(log, end, *request.last_lines);
    if (!found) co_return store_failure(found.error());
    reading.span = {*found, end};
  }
  if (reading.span.begin > reading.span.end) reading.span.end = reading.span.begin;
  co_return std::nullopt;
}

async::Awaitable<std::optional<net::Response>> answer(hub::LogHub& hub, net::Exchange& exchange,
                                                      hub::HubLogPtr log,
                                                      const ReadRequest& request) {
  Reading reading;
  reading.form = request.form;
  if (auto refused = co_await find_span(hub, log, request, reading)) co_return refused;
  const hub::LiveLog& live = log->live;
  if (!apply_range(request, live, reading)) {
    net::Response none = net::error_response(416, "the range lies beyond the end of the log");
    none.headers.insert(none.headers.end(), reading.headers.begin(), reading.headers.end());
    co_return none;
  }
  if (request.wait) reading.span.end = std::min(reading.span.end, reading.span.begin + kWholeBytes);
  add_snapshot(reading.headers, live, reading.span.end);
  const logs::ByteCount size = reading.span.end - reading.span.begin;
  if (request.wait && size == 0 && !live.has_ended()) {
    net::Response nothing;
    nothing.status = 204;
    nothing.headers = std::move(reading.headers);
    co_return nothing;
  }
  const bool is_head = exchange.request().method == "HEAD";
  reading.is_gzipped = request.accepts_gzip && reading.status == 200 && !request.wait;
  if (reading.is_gzipped) reading.headers.emplace_back("Content-Encoding", "gzip");
  if (is_head || reading.is_gzipped || reading.form == TextForm::plain || size > kWholeBytes) {
    co_await send_long(hub, exchange, log, std::move(reading));
    co_return std::nullopt;
  }
  auto response = co_await read_short(hub, log, std::move(reading));
  if (!response) co_return store_failure(response.error());
  co_return std::move(*response);
}

}  // namespace

async::Awaitable<void> read_log(ApiContext& api, net::Exchange& exchange, Target target) {
  const auto request = parse_read(exchange.request(), target.query);
  std::optional<net::Response> response;
  if (!request) {
    response = net::error_response(400, request.error().text());
  } else {
    const auto opened = co_await api.hub.open(std::move(target.log));
    if (opened) {
      response = co_await answer(api.hub, exchange, *opened, *request);
    } else {
      response = store_failure(opened.error());
    }
  }
  if (!response) co_return;
  net::Response whole = std::move(*response);
  static_cast<void>(co_await exchange.respond(std::move(whole)));
}

}  // namespace vela::api
