// What a server, or a proxy in its place, answers to a write.
#include <algorithm>
#include <chrono>
#include <string>
#include <variant>

#include "core/logs/acknowledgement.hpp"
#include "core/uplink/reply.hpp"

#include "fuzz/fuzz_target.hpp"

namespace vela::fuzz {
namespace {

constexpr std::string_view kLog = "octocat/hello/42/steps/3";

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void check_acknowledgement(std::string_view body) {
  const auto ack = logs::Acknowledgement::parse(body);
  if (!ack) return;
  // The sums that a writer makes of it must not overflow.
  VELA_ASSERT(ack->interval >= ack->interval.zero());
  VELA_ASSERT(std::chrono::steady_clock::time_point() + ack->interval >=
              std::chrono::steady_clock::time_point());
  const auto back = logs::Acknowledgement::parse(ack->to_json());
  VELA_ASSERT(back.has_value());
  VELA_ASSERT(back->log == ack->log && back->generation == ack->generation);
  VELA_ASSERT(back->offset == ack->offset && back->durable == ack->durable);
  VELA_ASSERT(back->interval == ack->interval && back->received_over == ack->received_over);
  VELA_ASSERT(back->state == ack->state);
}

}  // namespace

void check(std::string_view input) {
  check_acknowledgement(input);
  const auto retry_after = uplink::parse_retry_after(input, input, base::from_unix_micros(0));
  for (const int status : {200, 204, 302, 400, 401, 404, 409, 410, 413, 429, 500, 503}) {
    const uplink::Reply reply = uplink::read_reply(status, input, retry_after, kLog);
    if (const auto* refusal = std::get_if<uplink::Refusal>(&reply)) {
      VELA_ASSERT(is_printable(refusal->text));
      VELA_ASSERT(refusal->retry_after.value_or(std::chrono::seconds(0)).count() >= 0);
    } else if (const auto* failure = std::get_if<uplink::Failure>(&reply)) {
      VELA_ASSERT(is_printable(failure->text));
    } else {
      VELA_ASSERT(status >= 200 && status < 300);
      VELA_ASSERT(std::get<logs::Acknowledgement>(reply).log == kLog);
    }
  }
}

}  // namespace vela::fuzz
