#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "core/api/log_follower.hpp"
#include "core/base/query.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

// What a request for the events of one log asks for. Last-Event-ID wins over the query.
struct FollowRequest {
  FollowFrom from;
  bool has_seen_end = false;  // its id ends in "-end"
  bool wants_frames = false;  // Accept
  // A long poll: answered as soon as there is something, after this long at the latest.
  std::optional<std::chrono::seconds> wait;
};

// Errors: invalid, naming the header or parameter.
[[nodiscard]] Result<FollowRequest> parse_follow(const net::Request& request,
                                                 const base::Query& query);

// A reader's place in a log of a build.
struct BuildPlace {
  logs::Cursor cursor;
  bool has_seen_end = false;
};

// What a request for the events of a build asks for; ids are lists: "s1:1-204-end,s3:1-99".
struct BuildFollowRequest {
  std::map<logs::LogId, BuildPlace> places;
  std::optional<std::uint64_t> last_lines;
  std::optional<std::chrono::seconds> wait;  // as in FollowRequest
};

[[nodiscard]] Result<BuildFollowRequest> parse_build_follow(const net::Request& request,
                                                            const base::Query& query,
                                                            const logs::BuildId& build);

}  // namespace vela::api
