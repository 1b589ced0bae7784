#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/clock.hpp"
#include "core/logs/acknowledgement.hpp"
#include "core/logs/offset.hpp"
#include "core/logs/writer_id.hpp"

namespace vela::uplink {

// As many kinds of refusal as the worker answers differently.
enum class RefusalKind : std::uint8_t {
  gap,           // 409: go on at `offset`
  other_writer,  // 409: `writer` owns the log
  sealed,        // 409: the log has ended
  rejected,      // 409 replaced or diverged, 410 deleted, 400, said by our server: for good
  not_allowed,   // 401, 403
  too_large,     // 413
  busy,          // 429, 503: `retry_after`, when the server says so
};

struct Refusal {
  RefusalKind kind = RefusalKind::rejected;
  std::string text;  // for people; safe to print
  std::optional<logs::Offset> offset;
  std::optional<logs::WriterId> writer;
  std::optional<std::chrono::seconds> retry_after;
  bool has_new_token = false;  // not_allowed: there is another token to try with
};

// Anything that proves nothing: no answer, a cut, a status or a 2xx body that is not ours.
struct Failure {
  std::string text;
};

using Reply = std::variant<logs::Acknowledgement, Refusal, Failure>;

// What an answer means to the writer of `log` (LogId::to_string()). Only a 2xx whose body is an
// acknowledgement of that log is one: what stands in between may answer 200 with a page of its own.
// `retry_after`: what that header asks for.
[[nodiscard]] Reply read_reply(int status, std::string_view body,
                               std::optional<std::chrono::seconds> retry_after,
                               std::string_view log);

// The same for a text that came down a WebSocket: an acknowledgement, a refusal as 409 has it, or an
// error of ours alone.
[[nodiscard]] Reply read_message(std::string_view text, std::string_view log);

// The value of Retry-After, a number of seconds or a date, at most five minutes; nothing when it is
// neither. `date` is the header Date of the same answer: its sender's clock may be another than
// ours, which is `now`.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(
    std::string_view value, std::optional<std::string_view> date, base::WallTime now);

}  // namespace vela::uplink
