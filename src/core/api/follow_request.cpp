#include "core/api/follow_request.hpp"

#include <algorithm>
#include <string>

#include "core/api/read_request.hpp"
#include "core/logs/wire_frames.hpp"

namespace vela::api {
namespace {

constexpr std::string_view kEndSuffix = "-end";

// "1-204-end" or "1-204".
std::optional<BuildPlace> parse_place(std::string_view text) {
  BuildPlace place;
  if (text.ends_with(kEndSuffix)) {
    place.has_seen_end = true;
    text.remove_suffix(kEndSuffix.size());
  }
  const auto cursor = logs::Cursor::parse(text);
  if (!cursor) return std::nullopt;
  place.cursor = *cursor;
  return place;
}

// The id to go on from: the header's, else the query's.
std::optional<std::string_view> find_place(const net::Request& request, const base::Query& query) {
  if (const auto header = request.find_header("Last-Event-ID"); header && !header->empty())
    return header;
  return query.find("cursor");
}

Result<void> read_last_lines(const base::Query& query, std::optional<std::uint64_t>& last_lines) {
  return logs::read_number(query, "tail", "a number of lines", last_lines);
}

}  // namespace

Result<FollowRequest> parse_follow(const net::Request& request, const base::Query& query) {
  FollowRequest follow;
  if (const auto text = find_place(request, query)) {
    const auto place = parse_place(*text);
    if (!place) return base::bad_value("cursor", "GENERATION-OFFSET, for example 1-8192");
    follow.from.cursor = place->cursor;
    follow.has_seen_end = place->has_seen_end;
  }
  auto& offset = follow.from.offset;
  if (auto read = logs::read_number(query, "offset", "a number of bytes", offset); !read)
    return read.error();
  if (auto read = read_last_lines(query, follow.from.last_lines); !read) return read.error();
  if (auto read = read_wait(query, follow.wait); !read) return read.error();
  const auto accept = request.find_header("Accept");
  follow.wants_frames = accept && accept->find(logs::kFramesContentType) != std::string_view::npos;
  return follow;
}

Result<BuildFollowRequest> parse_build_follow(const net::Request& request, const base::Query& query,
                                              const logs::BuildId& build) {
  BuildFollowRequest follow;
  std::string_view list = find_place(request, query).value_or("");
  while (!list.empty()) {
    const std::string_view entry = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), entry.size() + 1));
    const auto colon = entry.find(':');
    const auto log = logs::LogId::parse_short_name(build, entry.substr(0, colon));
    const auto place =
        colon == std::string_view::npos ? std::nullopt : parse_place(entry.substr(colon + 1));
    if (!log || !place) return base::bad_value("cursor", "a list like s1:1-204-end,s3:1-99");
    follow.places[*log] = *place;
  }
  if (auto read = read_last_lines(query, follow.last_lines); !read) return read.error();
  if (auto read = read_wait(query, follow.wait); !read) return read.error();
  return follow;
}

}  // namespace vela::api
