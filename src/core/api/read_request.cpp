#include "core/api/read_request.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "core/base/number.hpp"

namespace vela::api {
namespace {

// A proxy cuts a silent download after 30 s at the earliest (measured).
constexpr std::uint64_t kMaxWaitSeconds = 30;

std::optional<ByteRange> parse_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  ByteRange range;
  if (dash != 0) range.first = base::parse_number(text.substr(0, dash));
  if (dash + 1 != text.size()) range.last = base::parse_number(text.substr(dash + 1));
  const bool is_first_bad = dash != 0 && !range.first;
  const bool is_last_bad = dash + 1 != text.size() && !range.last;
  if (is_first_bad || is_last_bad || (!range.first && !range.last)) return std::nullopt;
  if (range.first && range.last && *range.last < *range.first) return std::nullopt;
  return range;
}

}  // namespace

Result<void> read_wait(const base::Query& query, std::optional<std::chrono::seconds>& wait) {
  constexpr std::string_view kExpected = "seconds, at most 30";
  std::optional<std::uint64_t> seconds;
  if (auto read = logs::read_number(query, "wait", kExpected, seconds); !read) return read;
  if (seconds.value_or(0) > kMaxWaitSeconds) return base::bad_value("parameter wait", kExpected);
  if (seconds) wait = std::chrono::seconds(static_cast<std::int64_t>(*seconds));
  return {};
}

Result<ReadRequest> parse_read(const net::Request& request, const base::Query& query) {
  ReadRequest read;
  if (const auto text = query.find("cursor")) {
    read.cursor = logs::Cursor::parse(*text);
    if (!read.cursor)
      return base::bad_value("parameter cursor", "GENERATION-OFFSET, for example 1-8192");
  }
  auto numbers = logs::read_number(query, "offset", "a number of bytes", read.offset);
  if (numbers) numbers = logs::read_number(query, "tail", "a number of lines", read.last_lines);
  if (numbers) numbers = read_wait(query, read.wait);
  if (!numbers) return numbers.error();
  if (read.wait && !read.cursor && !read.offset)
    return base::bad_value("parameter wait", "an offset or a cursor beside it");
  const std::string_view form = query.find("form").value_or("raw");
  if (form != "raw" && form != "plain") return base::bad_value("parameter form", "raw or plain");
  read.form = form == "raw" ? TextForm::raw : TextForm::plain;
  if (const auto range = request.find_header("Range")) read.range = parse_range(*range);
  if (const auto if_range = request.find_header("If-Range")) read.if_range = std::string(*if_range);
  const auto encodings = request.find_header("Accept-Encoding");
  read.accepts_gzip = encodings && encodings->find("gzip") != std::string_view::npos &&
                      encodings->find("gzip;q=0") == std::string_view::npos;
  return read;
}

std::optional<Span> resolve(const ByteRange& range, logs::Offset length) {
  Span span{0, length};
  if (!range.first) {
    span.begin = length - std::min(length, *range.last);
  } else {
    span.begin = *range.first;
    if (range.last && *range.last < length) span.end = *range.last + 1;
  }
  if (span.begin >= length) return std::nullopt;
  return span;
}

}  // namespace vela::api
