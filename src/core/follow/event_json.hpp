#pragma once

#include <optional>
#include <string_view>

#include "core/base/error.hpp"
#include "core/follow/follow_event.hpp"

// The JSON objects of the events, PROTOCOL "Reading" and docs/protocol.md.
namespace vela::follow {

// `name` is the event's: hello, state, reset, end, build-end or heartbeat; `json` its data. Objects
// that do not name their log are of `current_log`. Nothing for a name that this version does not
// know. Errors: invalid, when the data is not what the name promises.
[[nodiscard]] Result<std::optional<FollowEvent>> parse_event(
    std::string_view name, std::string_view json, const std::optional<logs::LogId>& current_log);

// The data of a `log` event. `output.bytes` is empty: it is for the holder of `text` to set.
struct TextOutput {
  Output output;
  std::string text;
};

// `id`: of the event, "1-1024", or the list of a build's stream, "s1:1-204-end,s3:1-99".
[[nodiscard]] Result<TextOutput> parse_log_event(std::string_view id, std::string_view json,
                                                 const std::optional<logs::LogId>& current_log);

// An event of the framed form: {"event":"hello","data":{…}}; else as parse_event.
[[nodiscard]] Result<std::optional<FollowEvent>> parse_framed_event(
    std::string_view json, const std::optional<logs::LogId>& current_log);

// The cursor that an id holds for `log`, without its "-end".
[[nodiscard]] std::optional<logs::Cursor> find_cursor(std::string_view id, const logs::LogId& log);

}  // namespace vela::follow
