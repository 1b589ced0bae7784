// run-step's own promises: how it ends, whatever its command, its output and its server do.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"

using namespace std::chrono_literals;
using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";
// Nothing listens there.
const std::string kNowhere = "http://127.0.0.1:1";

std::vector<std::string> step_arguments(const std::string& url, std::vector<std::string> more) {
  std::vector<std::string> arguments{"run-step", "--server", url, "--log", kLog};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

HttpReply stored(const Server& server) { return server.build("GET", "/steps/1/logs"); }

std::chrono::steady_clock::duration since(std::chrono::steady_clock::time_point start) {
  return std::chrono::steady_clock::now() - start;
}

// A run-step whose standard output is a pipe that the test reads as it likes, or not at all.
struct Piped {
  pid_t pid = -1;
  int out = -1;
};

Piped start_piped(const Server& server, const std::vector<std::string>& more) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  std::string path = program_path();
  std::vector<std::string> arguments = step_arguments(server.url(), more);
  std::vector<char*> argv{path.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::setenv("VELA_LOGS_SPOOL_DIR", (server.store() + ".spools").c_str(), 1);
    ::execv(path.c_str(), argv.data());
    ::_exit(99);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

}  // namespace

TEST_CASE("standard input is a step of its own: passed through, sealed as a success, exit 0") {
  const Server server;
  const Finished step = run(step_arguments(server.url(), {}), "one\ntwo\n");
  CHECK(step.code == 0);
  CHECK(step.out == "one\ntwo\n");
  CHECK(step.err.empty());
  CHECK(stored(server).body == "one\ntwo\n");
  CHECK(stored(server).header("vela-logs-status") == "success");
  CHECK(stored(server).header("vela-logs-complete") == "true");
}

TEST_CASE("a second signal kills a command that ignores the first") {
  const Server server;
  Program step(ProgramSetup(step_arguments(
      server.url(), {"--", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"})));
  REQUIRE(eventually([&] { return stored(server).body == "ready\n"; }));
  step.signal(SIGTERM);
  std::this_thread::sleep_for(300ms);
  step.signal(SIGTERM);
  CHECK(step.wait().code == 128 + SIGKILL);
  CHECK(stored(server).header("vela-logs-status") == "canceled");
  CHECK(stored(server).header("vela-logs-state") == "sealed");
}

TEST_CASE("a command that ignores a signal is killed when its grace is over") {
  const Server server;
  Program step(ProgramSetup(
      step_arguments(server.url(), {"--grace", "300ms", "--", "sh", "-c",
                                    "trap '' INT; echo ready; while :; do sleep 0.05; done"})));
  REQUIRE(eventually([&] { return stored(server).body == "ready\n"; }));
  step.signal(SIGINT);
  CHECK(step.wait().code == 128 + SIGKILL);
}

TEST_CASE("output that comes after the command's exit is read to its end") {
  const Server server;
  const Finished step =
      run(step_arguments(server.url(), {"--", "sh", "-c", "(sleep 0.5; echo late) & echo early"}));
  CHECK(step.code == 0);
  CHECK(step.out == "early\nlate\n");
  CHECK(stored(server).body == "early\nlate\n");
}

TEST_CASE("a process left behind holds the step up for the grace only, and that is said") {
  const Server server;
  const auto start = std::chrono::steady_clock::now();
  const Finished step = run(step_arguments(
      server.url(), {"--grace", "300ms", "--", "sh", "-c", "sleep 7 & echo done; exit 6"}));
  CHECK(since(start) < 5s);
  CHECK(step.code == 6);
  CHECK(step.err.find("left behind") != std::string::npos);
  CHECK(stored(server).body == "done\n");
  CHECK(stored(server).header("vela-logs-state") == "sealed");
}

TEST_CASE("a reader of our output that goes away ends neither the step nor its log") {
  const Server server;
  const Piped step = start_piped(server, {"--", "seq", "1", "100000"});
  char first = 0;
  CHECK(::read(step.out, &first, 1) == 1);
  ::close(step.out);
  int status = 0;
  ::waitpid(step.pid, &status, 0);
  CHECK(status == 0);
  CHECK(stored(server).body.ends_with("\n99999\n100000\n"));
  CHECK(stored(server).header("vela-logs-complete") == "true");
}

TEST_CASE("an output that nobody reads does not keep the log from being sealed") {
  const Server server;
  const Piped step = start_piped(server, {"--grace", "300ms", "--", "seq", "1", "40000"});
  int status = -1;
  CHECK(eventually([&] { return ::waitpid(step.pid, &status, WNOHANG) == step.pid; }));
  CHECK(status == 0);
  CHECK(stored(server).body.ends_with("\n39999\n40000\n"));
  CHECK(stored(server).header("vela-logs-state") == "sealed");
  ::close(step.out);
}

TEST_CASE("a server that is away is warned about once, and what is undelivered is said exactly") {
  const Finished step = run(step_arguments(
      kNowhere, {"--drain-timeout", "200ms", "--", "sh", "-c", "echo 12345; sleep 6; exit 9"}));
  CHECK(step.code == 9);
  CHECK(step.out == "12345\n");
  const std::string warning = "does not answer";
  const std::size_t first = step.err.find(warning);
  CHECK(first != std::string::npos);
  CHECK(step.err.find(warning, first + 1) == std::string::npos);
  CHECK(step.err.find("the bytes from 0 to 6 (6)") != std::string::npos);
}

TEST_CASE("with --strict an undelivered log is exit 75") {
  const Finished step =
      run(step_arguments(kNowhere, {"--strict", "--drain-timeout", "100ms", "--", "true"}));
  CHECK(step.code == 75);
}

TEST_CASE("with the server away the command waits when the spool is full, and ends in time") {
  const auto start = std::chrono::steady_clock::now();
  const Finished step = run(step_arguments(
      kNowhere, {"--quiet", "--spool-limit", "4MiB", "--grace", "200ms", "--drain-timeout", "1s",
                 "--", "sh", "-c", "head -c 5000000 /dev/zero; exit 2"}));
  CHECK(since(start) < 15s);
  CHECK(step.code == 2);
  CHECK(step.err.find("to 5000000") != std::string::npos);
}

TEST_CASE("a signal during delivery shortens it, a second one ends it") {
  Program step(ProgramSetup(step_arguments(kNowhere, {"--", "echo", "hi"})));
  std::this_thread::sleep_for(500ms);
  const auto start = std::chrono::steady_clock::now();
  step.signal(SIGINT);
  std::this_thread::sleep_for(100ms);
  step.signal(SIGINT);
  const Finished finished = step.wait();
  CHECK(since(start) < 5s);
  CHECK(finished.code == 0);
  CHECK(finished.err.find("the bytes from 0 to 3 (3)") != std::string::npos);
}

TEST_CASE("a server that starts late or is killed in the middle gets every byte once") {
  for (const std::string method : {"auto", "stream", "websocket", "append"}) {
    CAPTURE(method);
    Server server;
    server.kill9();
    Program step(ProgramSetup(step_arguments(
        server.url(), {"--method", method, "--quiet", "--", "sh", "-c",
                       "for i in $(seq 1 40); do seq $i 100 5000; sleep 0.05; done"})));
    std::this_thread::sleep_for(500ms);
    server.start();
    std::this_thread::sleep_for(700ms);
    server.kill9();
    server.start();
    const Finished finished = step.wait();
    CHECK(finished.code == 0);
    CHECK(finished.err.empty());
    std::string expected;
    for (int i = 1; i <= 40; ++i)
      for (int number = i; number <= 5000; number += 100) expected += std::to_string(number) + "\n";
    CHECK(stored(server).body == expected);
    CHECK(stored(server).header("vela-logs-complete") == "true");
  }
}

TEST_CASE("-v says how the log travels and what became of it") {
  const Server server;
  const Finished step = run(step_arguments(server.url(), {"-v", "--", "echo", "hi"}));
  CHECK(step.code == 0);
  CHECK(step.err.find(server.url()) != std::string::npos);
  CHECK(step.err.find("method auto") != std::string::npos);
  CHECK(step.err.find("the log is sealed: 3 bytes") != std::string::npos);
}

TEST_CASE("the command does not inherit the token") {
  const Server server;
  ProgramSetup setup({"run-step", "--server", server.url(), "--log", "octocat/hello/42/steps/1",
                      "--", "sh", "-c", "echo \"[$VELA_LOGS_TOKEN]\""});
  setup.environment = {{"VELA_LOGS_TOKEN", "abc"}};
  CHECK(Program(setup).wait().out == "[]\n");
}
