#include "cmd/token.hpp"

namespace vela::cmd {

Result<net::BearerToken> load_token(const std::string& file, const std::string& text) {
  Result<net::BearerToken> token = net::BearerToken::load(file, text);
  if (token) return token;
  const std::string source = file.empty() ? "VELA_LOGS_TOKEN" : "--token-file";
  return Error(token.error().code(), source + ": " + token.error().text());
}

}  // namespace vela::cmd
