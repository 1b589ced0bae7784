#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/net/bearer_token.hpp"

namespace vela::cmd {

// The token that --token-file or VELA_LOGS_TOKEN gives, none when both are empty. Errors: those of
// net::BearerToken::load, behind the name of where it came from.
[[nodiscard]] Result<net::BearerToken> load_token(const std::string& file, const std::string& text);

}  // namespace vela::cmd
