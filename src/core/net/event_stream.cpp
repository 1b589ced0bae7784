#include "core/net/event_stream.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/number.hpp"

namespace vela::net {
namespace {

// As the contract says. The longest line of ours is one event's JSON, well below 1 MiB.
constexpr std::size_t kMaxLineBytes = 16 * 1024 * 1024;

// Where the line ends: at a CR, an LF or both. Two memchr are several times faster than one
// find_first_of, and a line is long.
std::size_t find_line_end(std::string_view text) {
  const auto lf = text.find('\n');
  return std::min(lf, text.substr(0, lf).find('\r'));
}

}  // namespace

void put_event(std::string& out, std::string_view id, std::string_view event,
               std::string_view data) {
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  if (!event.empty()) out.append("event: ").append(event).append("\n");
  // Any of the three line ends of the specification would end our line too.
  for (;;) {
    const auto end = find_line_end(data);
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.npos) break;
    const bool is_pair = data.substr(end, 2) == "\r\n";
    data.remove_prefix(end + (is_pair ? 2 : 1));
  }
  out += '\n';
}

bool EventStreamParser::put(std::string_view bytes,
                            const std::function<void(const ServerSentEvent&)>& on_event,
                            const std::function<void()>& on_comment) {
  if (skip_lf_ && !bytes.empty()) {
    if (bytes.front() == '\n') bytes.remove_prefix(1);
    skip_lf_ = false;
  }
  while (!bytes.empty()) {
    const auto end = find_line_end(bytes);
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kMaxLineBytes) return false;
    if (end == bytes.npos) {
      line_ += piece;
      return true;
    }
    const bool is_cr = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (is_cr && bytes.empty()) skip_lf_ = true;
    if (is_cr && !bytes.empty() && bytes.front() == '\n') bytes.remove_prefix(1);
    if (line_.empty()) {
      take_line(piece, on_event, on_comment);
    } else {
      line_ += piece;
      take_line(line_, on_event, on_comment);
      line_.clear();
    }
  }
  return true;
}

void EventStreamParser::take_line(std::string_view line,
                                  const std::function<void(const ServerSentEvent&)>& on_event,
                                  const std::function<void()>& on_comment) {
  if (line.empty()) {
    if (has_data_) {
      event_.data
          .pop_back();  // each line of data ends with one newline, the last one does not count
      on_event(event_);
    }
    event_.event.clear();
    event_.data.clear();
    has_data_ = false;
    return;
  }
  const auto colon = line.find(':');
  if (colon == 0) {
    on_comment();
    return;
  }
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (name == "data") {
    event_.data.append(value).append("\n");
    has_data_ = true;
  } else if (name == "event") {
    event_.event = value;
  } else if (name == "id") {
    if (value.find('\0') == value.npos) event_.id = value;
  } else if (name == "retry") {
    // Digits only, as the specification asks; anything else changes nothing.
    if (const auto milliseconds = base::parse_number(value, std::numeric_limits<int>::max()))
      retry_ms_ = static_cast<int>(*milliseconds);
  }
}

}  // namespace vela::net
