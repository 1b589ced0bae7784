#pragma once

#include <string>

#include "core/base/error.hpp"

namespace vela::process {

// The file that a shell would execute for `name`: a name with a '/' as it is, another by PATH.
// Errors: as exec_error's.
[[nodiscard]] Result<std::string> find_command(const std::string& name);

// Why `path`, found for `name`, could not be executed, in bash's words: not_found where a shell
// exits with 127, invalid where it exits with 126.
[[nodiscard]] Error exec_error(const std::string& name, const std::string& path, int errno_value);

}  // namespace vela::process
