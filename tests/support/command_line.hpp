#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/options.hpp"
#include "support/fake_environment.hpp"

// Command lines with the variables of support/fake_environment.hpp.
namespace vela::test {

inline Result<config::CommandLine> parse(const std::vector<std::string>& arguments) {
  return config::parse_command_line(arguments, &find_env);
}

// What is wrong with it; "" when nothing is.
inline std::string fault(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  return parsed ? std::string() : parsed.error().text();
}

inline bool has(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

}  // namespace vela::test
