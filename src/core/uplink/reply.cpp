#include "core/uplink/reply.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "core/base/number.hpp"
#include "core/net/http_message.hpp"

namespace vela::uplink {
namespace {

// A line on a terminal; what a server has to say beyond that is not for people.
constexpr std::size_t kMaxTextBytes = 300;
// A wrong clock or a hostile proxy must not silence a step for good.
constexpr std::chrono::seconds kMaxRetryAfter{300};

// Text of a peer: one line of ASCII, nothing that a terminal would obey.
std::string to_printable(std::string_view text) {
  std::string line(text.substr(0, kMaxTextBytes));
  std::replace_if(line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

boost::json::object parse_object(std::string_view body) {
  boost::system::error_code ec;
  boost::json::value value = boost::json::parse(body, ec);
  if (ec || !value.is_object()) return {};
  return std::move(value.get_object());
}

std::string_view find_text(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string_view(value->get_string());
}

std::optional<logs::Offset> find_offset(const boost::json::object& object) {
  const auto* value = object.if_contains("offset");
  if (value == nullptr) return std::nullopt;
  boost::system::error_code ec;
  const auto number = value->to_number<std::uint64_t>(ec);
  if (ec) return std::nullopt;
  return number;
}

Failure unexpected(int status, std::string_view what) {
  return {"the answer was HTTP " + std::to_string(status) + std::string(what)};
}

Reply read_conflict(const boost::json::object& body, std::string text) {
  const std::string_view reason = find_text(body, "reason");
  Refusal refusal{RefusalKind::rejected, std::move(text), find_offset(body),
                  logs::WriterId::parse(find_text(body, "writer")), std::nullopt};
  if (reason == "gap" && refusal.offset) {
    refusal.kind = RefusalKind::gap;
  } else if (reason == "other_writer") {
    refusal.kind = RefusalKind::other_writer;
  } else if (reason == "sealed") {
    refusal.kind = RefusalKind::sealed;
  } else if (reason != "replaced" && reason != "diverged" && reason != "deleted") {
    return unexpected(409, " without a reason of ours");
  }
  return refusal;
}

}  // namespace

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value,
                                                      std::optional<std::string_view> date,
                                                      base::WallTime now) {
  if (const auto seconds = base::parse_number(value)) {
    const auto most = static_cast<std::uint64_t>(kMaxRetryAfter.count());
    return std::chrono::seconds(std::min(*seconds, most));
  }
  const auto until = net::parse_http_date(value);
  if (!until) return std::nullopt;
  const base::WallTime from = net::parse_http_date(date.value_or("")).value_or(now);
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(*until - from), std::chrono::seconds(0),
                    kMaxRetryAfter);
}

Reply read_reply(int status, std::string_view body, std::optional<std::chrono::seconds> retry_after,
                 std::string_view log) {
  if (status >= 200 && status < 300) {
    auto ack = logs::Acknowledgement::parse(body);
    if (!ack) return unexpected(status, " without an acknowledgement");
    if (ack->log != log) return unexpected(status, " with the acknowledgement of another log");
    return std::move(*ack);
  }
  const boost::json::object object = parse_object(body);
  std::string text = to_printable(find_text(object, "error"));
  if (text.empty()) text = "HTTP " + std::to_string(status);
  Refusal refusal;
  refusal.text = text;
  switch (status) {
    case 409:
      return read_conflict(object, std::move(text));
    case 400:
    case 410:
      // A proxy that does not understand a request says so too; the next one may pass.
      if (find_text(object, "error").empty()) return unexpected(status, "");
      return refusal;
    case 401:
    case 403:
      refusal.kind = RefusalKind::not_allowed;
      return refusal;
    case 413:
      refusal.kind = RefusalKind::too_large;
      return refusal;
    case 429:
    case 503:
      refusal.kind = RefusalKind::busy;
      refusal.retry_after = retry_after;
      return refusal;
    default:
      return unexpected(status, object.empty() ? "" : ": " + text);
  }
}

Reply read_message(std::string_view text, std::string_view log) {
  // A message is answered as a request is, but for the status.
  const boost::json::object object = parse_object(text);
  if (object.contains("reason")) return read_reply(409, text, std::nullopt, log);
  if (!object.contains("error")) return read_reply(200, text, std::nullopt, log);
  return Failure{to_printable(find_text(object, "error"))};
}

}  // namespace vela::uplink
