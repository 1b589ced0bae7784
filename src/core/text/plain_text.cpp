#include "core/text/plain_text.hpp"

namespace vela::text {
namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;

// What is left of a line, without its end, when each carriage return begins it anew.
std::string_view last_state(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  const auto cr = line.rfind('\r');
  return cr == std::string_view::npos ? line : line.substr(cr + 1);
}

}  // namespace

std::string PlainText::put(std::string_view bytes) {
  std::string out;
  take(sanitizer_.put(bytes), out);
  return out;
}

std::string PlainText::finish() {
  std::string out;
  take(sanitizer_.finish(), out);
  out += last_state(line_);
  line_.clear();
  return out;
}

void PlainText::take(std::string_view safe, std::string& out) {
  while (!safe.empty()) {
    const auto line_feed = safe.find('\n');
    line_.append(safe.substr(0, line_feed));
    if (line_feed == std::string_view::npos) break;
    safe.remove_prefix(line_feed + 1);
    out += last_state(line_);
    out.push_back('\n');
    line_.clear();
  }
  if (line_.size() <= kMaxLineBytes) return;
  out += last_state(line_);
  line_.clear();
}

}  // namespace vela::text
