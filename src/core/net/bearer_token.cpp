#include "core/net/bearer_token.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

namespace vela::net {
namespace {

// The longest line of a head that common servers take.
constexpr std::size_t kMaxTokenBytes = 8 * 1024;

constexpr const char* kNoToken = "no token: that is one word of ASCII, at most 8 KiB";

// Without the blanks and line ends around it.
std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// Anything else could end the header.
bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTokenBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Result<std::string> read_token(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kMaxTokenBytes + 2, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad())
    return errno_error(ErrorCode::unavailable, "reading " + file, errno);
  text.resize(static_cast<std::size_t>(in.gcount()));
  const std::string_view token = trim(text);
  if (!is_token(token)) return Error(ErrorCode::invalid, file + " holds " + kNoToken);
  return std::string(token);
}

}  // namespace

Result<BearerToken> BearerToken::load(std::string file, std::string_view text) {
  BearerToken made;
  if (!file.empty()) {
    Result<std::string> token = read_token(file);
    if (!token) return token.error();
    made.token_ = std::move(*token);
    made.file_ = std::move(file);
  } else if (!text.empty()) {
    const std::string_view token = trim(text);
    if (!is_token(token)) return Error(ErrorCode::invalid, std::string("it holds ") + kNoToken);
    made.token_ = token;
  }
  return made;
}

bool BearerToken::reload() {
  if (file_.empty()) return false;
  Result<std::string> token = read_token(file_);
  if (!token || *token == token_) return false;
  token_ = std::move(*token);
  return true;
}

void BearerToken::add_to(ClientRequest& request) const {
  if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
}

}  // namespace vela::net
