#pragma once

#include <string>

namespace vela::cmd {

// `run-step --print-spool FILE`: writes the output that the spool holds to standard output, as it
// is, and says on standard error which part of which log that was. Returns the exit code.
[[nodiscard]] int print_spool(const std::string& path);

}  // namespace vela::cmd
