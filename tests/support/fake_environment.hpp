#pragma once

#include <map>
#include <string>

namespace vela::test {

// The variables that a test's command line finds; a test sets all of them, and leaves none behind.
inline std::map<std::string, std::string> environment;

// As getenv has it, in that map.
inline const char* find_env(const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? nullptr : found->second.c_str();
}

}  // namespace vela::test
