#pragma once

#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/config/options.hpp"

// What SIGHUP makes of a configuration that was edited.
namespace vela::config {

// The words of the command line and where variables are found, read again at each reload.
struct Source {
  std::vector<std::string> arguments;
  const char* (*find_env)(const char* name) = nullptr;
};

struct Reload {
  // What is in effect from now on: reloadable rows as a new start would have them, the others as they
  // were, so that the next reload finds them changed again.
  ServeOptions options;
  std::vector<std::string> applied;  // "log.level is \"debug\" now, it was \"info\"", one a row
  std::vector<std::string> refused;  // "store stays \"a.db\", a restart makes it \"b.db\""
};

// Reads all sources again and compares them with `running`. Errors: invalid, all faults in one text,
// one a line; then nothing is to be changed.
[[nodiscard]] Result<Reload> reload(const ServeOptions& running, const Source& source);

}  // namespace vela::config
