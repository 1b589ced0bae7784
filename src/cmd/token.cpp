#include "cmd/token.hpp"

namespace vela::cmd {

Result<net::BearerToken> load_token(const std::string& file, const std::string& text) {
  Result<net::BearerToken> token = net::BearerToken::load(file, text);
  if (token) return token;
  const std::string source = file.empty() ? "VELA_LOGS_TOKEN" : "--token-file";
  const std::string advice = file.empty() ? "; set it to the token alone, or unset it"
                                          : "; name a file that holds the token alone";
  return Error(token.error().code(), source + ": " + token.error().text() + advice);
}

}  // namespace vela::cmd
