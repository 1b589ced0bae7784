// Fills what the option table knows into a page of the manual or a shell's completion:
//
//   reference TEMPLATE >FILE
//
// A line of TEMPLATE that begins with "@@" names what stands in its place. Runs while vela-logs is
// built and is not installed.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "cmd/reference/completions.hpp"
#include "cmd/reference/manual.hpp"
#include "core/config/option_table.hpp"

namespace {

using vela::config::Command;

struct Part {
  std::string_view marker;
  std::string (*make)();
};

template <std::string (*make)(Command), Command command>
std::string part_of() {
  return make(command);
}

constexpr Part kParts[] = {
    {"@@options serve", part_of<vela::cmd::manual_options, Command::serve>},
    {"@@options run-step", part_of<vela::cmd::manual_options, Command::run_step>},
    {"@@options tail", part_of<vela::cmd::manual_options, Command::tail>},
    {"@@keys", vela::cmd::manual_keys},
    {"@@bash commands", vela::cmd::bash_commands},
    {"@@bash options", vela::cmd::bash_options},
    {"@@bash values", vela::cmd::bash_values},
    {"@@zsh commands", vela::cmd::zsh_commands},
    {"@@zsh options", vela::cmd::zsh_options},
    {"@@fish", vela::cmd::fish_completions},
};

// Without the blank line that ends a list: the template has its own.
std::string make_part(std::string_view marker) {
  for (const Part& part : kParts) {
    if (part.marker != marker) continue;
    std::string text = part.make();
    if (text.ends_with("\n\n")) text.pop_back();
    return text;
  }
  return {};
}

int fill(const char* path) {
  std::ifstream file(path);
  std::string line;
  int number = 0;
  while (std::getline(file, line)) {
    ++number;
    if (!line.starts_with("@@")) {
      std::cout << line << '\n';
      continue;
    }
    const std::string part = make_part(line);
    if (part.empty()) {
      std::cerr << path << ":" << number << ": there is no part '" << line << "'\n";
      return EXIT_FAILURE;
    }
    std::cout << part;
  }
  if (!file.eof() || number == 0) {
    std::cerr << path << ": cannot be read, or is empty\n";
    return EXIT_FAILURE;
  }
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 2) return fill(argv[1]);
    std::fputs("usage: reference TEMPLATE >FILE\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "reference: %s\n", error.what());
  }
  return EXIT_FAILURE;
}
