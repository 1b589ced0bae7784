// What people see who sit at a terminal, and what a Vela step's environment saves them.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/forked.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

using Variables = std::vector<std::pair<std::string, std::string>>;

// Runs the program at a terminal of its own, where `typed` is typed, and returns all that was seen
// there.
std::string at_terminal(std::vector<std::string> arguments, const Variables& variables, int& code,
                        const std::string& typed = {}) {
  std::string program = program_path();
  std::string written;
  code = run_on_terminal(
      [&] {
        ::setenv("TERM", "xterm", 1);
        ::unsetenv("NO_COLOR");
        for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
        std::vector<char*> words{program.data()};
        for (std::string& argument : arguments) words.push_back(argument.data());
        words.push_back(nullptr);
        ::execv(program.c_str(), words.data());
        return 127;
      },
      [&written, &typed](int fd) {
        if (!typed.empty()) REQUIRE(::write(fd, typed.data(), typed.size()) > 0);
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
      {}, code);
  CAPTURE(seen);
  CHECK(code == 0);
  CHECK(seen.find("\r\x1b[Kdelivering octocat/hello/42/steps/1: 10 bytes left, nothing moves; "
                  "given up in 1s") != std::string::npos);
  // The message that comes behind begins on a line of its own.
  const auto loss = seen.find("vela-logs: ", seen.rfind("delivering"));
  REQUIRE(loss != std::string::npos);
  CHECK(seen.substr(loss - 4, 4) == "\r\x1b[K");
}

TEST_CASE("colours are for terminals that show them, and for people who want them") {
  const Server server;
  REQUIRE(run({"run-step", "--quiet", "--server", server.url(), "--log", "octocat/hello/42/steps/1",
               "--", "printf", "\\033[31mred\\033[0m\\n"})
              .code == 0);
  const auto seen = [&server](std::vector<std::string> more, const Variables& variables) {
    std::vector<std::string> words{"tail", "--no-follow", "--server", server.url(),
                                   "octocat/hello/42"};
    words.insert(words.end(), more.begin(), more.end());
    int code = -1;
    std::string text = at_terminal(words, variables, code);
    CHECK(code == 0);
    CHECK(text.find("red") != std::string::npos);
    return text;
  };
  CHECK(seen({}, {}).find("\x1b[31mred") != std::string::npos);
  CHECK(seen({}, {{"NO_COLOR", "1"}}).find('\x1b') == std::string::npos);
  CHECK(seen({}, {{"TERM", "dumb"}}).find('\x1b') == std::string::npos);
  CHECK(seen({"--color", "always"}, {{"TERM", "dumb"}}).find("\x1b[31mred") != std::string::npos);
}

TEST_CASE("in a Vela step run-step writes that step's log and tail follows its build") {
  const Server server;
  const Variables step{{"VELA_ADDR", server.url()}, {"VELA_REPO_ORG", "octocat"},
                       {"VELA_REPO_NAME", "hello"}, {"VELA_BUILD_NUMBER", "42"},
                       {"VELA_STEP_NUMBER", "3"},   {"VELA_STEP_NAME", "compile"},
                       {"VELA_LOGS_END_BUILD", "1"}};
  ProgramSetup writer({"run-step", "--", "echo", "built"});
  writer.environment = step;
  CHECK(Program(writer).wait().code == 0);
  ProgramSetup reader({"tail"});
  reader.environment = step;
  const Finished read = Program(reader).wait();
  CHECK(read.code == 0);
  CHECK(read.out == "[compile] built\n");
}

TEST_CASE("who starts run-step at a terminal without a command is told that it waits for input") {
  const Server server;
  int code = -1;
  const std::string seen = at_terminal(
      {"run-step", "--server", server.url(), "--log", "octocat/hello/42/steps/1", "--quiet"}, {},
      code, "typed\n\x04");
  CHECK(code == 0);
  CHECK(seen.find("sends what you type, until Ctrl-D") != std::string::npos);
  CHECK(server.build("GET", "/steps/1/logs").body == "typed\n");
}
