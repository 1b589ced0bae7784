#include "support/http_message_end.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace vela::test {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Where the chunked body that begins at `at` ends.
std::size_t find_chunked_end(std::string_view bytes, std::size_t at) {
  while (true) {
    const std::size_t line_end = bytes.find("\r\n", at);
    if (line_end == kNone) return kNone;
    const std::string size_text(bytes.substr(at, line_end - at));
    const std::size_t size = std::strtoull(size_text.c_str(), nullptr, 16);
    at = line_end + 2 + size + 2;
    if (at > bytes.size()) return kNone;
    if (size == 0) return at;  // nobody here sends trailers
  }
}

}  // namespace

std::size_t find_message_end(std::string_view bytes) {
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == kNone) return kNone;
  const std::size_t body = head_end + 4;
  const std::string head = lower(bytes.substr(0, body));
  if (head.find("\r\ntransfer-encoding: chunked") != kNone) return find_chunked_end(bytes, body);
  constexpr std::string_view kLength = "\r\ncontent-length:";
  if (const std::size_t at = head.find(kLength); at != kNone) {
    const std::size_t end = body + std::strtoull(head.c_str() + at + kLength.size(), nullptr, 10);
    return end <= bytes.size() ? end : kNone;
  }
  if (!head.starts_with("http/")) return body;
  const std::string status = head.substr(head.find(' ') + 1, 3);
  const bool has_no_body = status == "204" || status == "304" || status[0] == '1';
  return has_no_body ? body : kNone;
}

}  // namespace vela::test
