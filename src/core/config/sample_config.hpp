#pragma once

#include <string>

// The commented sample: config/vela-logs.toml, which packages install, is this text.
namespace vela::config {

// Every key of serve with what it does, its limits, its variable and its default, in TOML that sets
// nothing: a line that begins with "#" and a name shows a key as it could be written.
[[nodiscard]] std::string sample_config();

}  // namespace vela::config
