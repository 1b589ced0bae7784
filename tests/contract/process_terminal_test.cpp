#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/process/child_process.hpp"
#include "core/process/pipe_reader.hpp"
#include "support/await.hpp"
#include "support/forked.hpp"

namespace vela::process {
namespace {

using test::await_on;

// Reads from the terminal until `text` has come.
void expect_on(int terminal, std::string_view text) {
  std::string seen;
  char buffer[256];
  while (seen.find(text) == std::string::npos) {
    const ssize_t length = ::read(terminal, buffer, sizeof(buffer));
    if (length <= 0) return;
    seen.append(buffer, static_cast<std::size_t>(length));
  }
}

void type(int terminal, std::string_view keys) {
  REQUIRE(::write(terminal, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

void say(std::string_view text) {
  static_cast<void>(!::write(STDOUT_FILENO, text.data(), text.size()));
}

TEST_CASE("a command reads the terminal and gives it back at its end") {
  const auto body = [] {
    boost::asio::io_context loop;
    ChildProcess child = ChildProcess::spawn({"sh", "-c", "read line; echo \"got $line\""}).value();
    PipeReader out(loop.get_executor(), child.take_stdout());
    if (await_on(loop, out.read()).value() != "got hello\n") return 1;
    if (!await_on(loop, child.wait(loop.get_executor()))) return 3;
    return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp() ? 0 : 2;
  };
  CHECK(test::run_on_terminal(body, [](int terminal) { type(terminal, "hello\n"); }) == 0);
}

TEST_CASE("a command that can't be executed leaves the terminal where it was") {
  const auto body = [] {
    if (ChildProcess::spawn({"/"})) return 1;
    return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp() ? 0 : 2;
  };
  CHECK(test::run_on_terminal(body, [](int /*terminal*/) {}) == 0);
}

// Runs a command that says when it is ready and waits for the terminal's next line.
int run_reader() {
  boost::asio::io_context loop;
  ChildProcess child = ChildProcess::spawn({"sh", "-c", "echo ready; read line; exit 5"}).value();
  PipeReader out(loop.get_executor(), child.take_stdout());
  if (await_on(loop, out.read()).value() != "ready\n") return 1;
  say("ready");
  return await_on(loop, child.wait(loop.get_executor()))->code;
}

TEST_CASE("Ctrl-C reaches the command") {
  const auto on_terminal = [](int terminal) {
    expect_on(terminal, "ready");
    type(terminal, "\x03");
  };
  CHECK(test::run_on_terminal(run_reader, on_terminal) == 128 + SIGINT);
}

TEST_CASE("Ctrl-Z where no shell could continue the command does not leave it stopped") {
  const auto on_terminal = [](int terminal) {
    expect_on(terminal, "ready");
    type(terminal, "\x1A");
    type(terminal, "line\n");
  };
  CHECK(test::run_on_terminal(run_reader, on_terminal) == 5);
}

// What a shell does with a job that is stopped and brought back with `fg`.
int run_as_stopped_job() {
  ::signal(SIGTTOU, SIG_IGN);
  const pid_t job = ::fork();
  if (job == 0) {
    ::setpgid(0, 0);
    ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
    ::signal(SIGTTOU, SIG_DFL);
    ::_exit(run_reader());
  }
  const int stopped = test::wait_status(job, WUNTRACED);
  if (!WIFSTOPPED(stopped)) return 101;
  ::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  say("stopped");
  ::tcsetpgrp(STDIN_FILENO, job);
  ::kill(-job, SIGCONT);
  const int ended = test::wait_status(job, 0);
  return WIFEXITED(ended) ? WEXITSTATUS(ended) : 102;
}

TEST_CASE("Ctrl-Z stops us with the command, and both go on in the foreground") {
  const auto on_terminal = [](int terminal) {
    expect_on(terminal, "ready");
    type(terminal, "\x1A");
    expect_on(terminal, "stopped");
    type(terminal, "line\n");
  };
  CHECK(test::run_on_terminal(run_as_stopped_job, on_terminal) == 5);
}

}  // namespace
}  // namespace vela::process
