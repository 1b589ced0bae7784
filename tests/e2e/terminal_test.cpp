// What people see who sit at a terminal while run-step waits.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/forked.hpp"
#include "support/program.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

// Runs the program at a terminal of its own and returns all that it wrote there.
std::string at_terminal(std::vector<std::string> arguments, int& code) {
  std::string program = program_path();
  std::string written;
  code = run_on_terminal(
      [&] {
        ::setenv("TERM", "xterm", 1);
        std::vector<char*> words{program.data()};
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        ::execv(program.c_str(), words.data());
        return 127;
      },
      [&written](int fd) {
        std::array<char, 4096> block{};
        for (ssize_t got = 0; (got = ::read(fd, block.data(), block.size())) > 0;)
          written.append(block.data(), static_cast<std::size_t>(got));
      });
  return written;
}

}  // namespace

TEST_CASE("a wait for delivery shows what is left and when it is given up, and cleans up behind") {
  const TempDir spools;
  int code = -1;
  // Nobody listens on port 9 of this machine.
  const std::string seen = at_terminal(
      {"run-step", "--server", "http://127.0.0.1:9", "--log", "octocat/hello/42/steps/1",
       "--spool-dir", spools.path(), "--drain-timeout", "2s", "--", "printf", "0123456789"},
      code);
  CAPTURE(seen);
  CHECK(code == 0);
  CHECK(seen.find("\r\x1b[Kdelivering octocat/hello/42/steps/1: 10 bytes left, nothing moves; "
                  "given up in 1s") != std::string::npos);
  // The message that comes behind begins on a line of its own.
  const auto loss = seen.find("vela-logs: ", seen.rfind("delivering"));
  REQUIRE(loss != std::string::npos);
  CHECK(seen.substr(loss - 4, 4) == "\r\x1b[K");
}
