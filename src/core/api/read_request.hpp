#pragma once

#include <chrono>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/query.hpp"
#include "core/logs/offset.hpp"
#include "core/net/http_server.hpp"

namespace vela::api {

enum class TextForm { raw, plain };

// "bytes=0-99", "bytes=100-", "bytes=-100": one range.
struct ByteRange {
  std::optional<logs::Offset> first;
  std::optional<logs::Offset> last;  // inclusive; without `first`: how many from the end
};

// What a request for the bytes of a log asks for.
struct ReadRequest {
  std::optional<logs::Cursor> cursor;
  std::optional<logs::Offset> offset;
  std::optional<std::uint64_t> last_lines;
  std::optional<std::chrono::seconds> wait;
  TextForm form = TextForm::raw;
  std::optional<ByteRange> range;
  std::optional<std::string> if_range;
  bool accepts_gzip = false;
};

// The parameter of every long poll: `wait=S` seconds, at most 30. Errors: invalid, naming it.
[[nodiscard]] Result<void> read_wait(const base::Query& query,
                                     std::optional<std::chrono::seconds>& wait);

// Errors: invalid, naming the header or parameter. A Range that is none is ignored, as RFC 9110
// says.
[[nodiscard]] Result<ReadRequest> parse_read(const net::Request& request, const base::Query& query);

struct Span {
  logs::Offset begin = 0;
  logs::Offset end = 0;
};

// The part of [0, length) that the range names; nothing when it names none (416).
[[nodiscard]] std::optional<Span> resolve(const ByteRange& range, logs::Offset length);

}  // namespace vela::api
