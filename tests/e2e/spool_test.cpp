// What run-step could not deliver outlives it: in its spool, until somebody delivers it.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "support/http_relay.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";
const std::string kOtherLog = "octocat/hello/42/steps/2";

// One machine: its spools, and the server that it writes to.
struct Machine {
  std::vector<std::string> arguments(std::vector<std::string> more,
                                     const std::string& log = kLog) const {
    std::vector<std::string> all{"run-step", "--server", server.url(),  "--log",
                                 log,        "--quiet",  "--spool-dir", spools()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<std::string> resume_arguments() const {
    return {"run-step", "--resume", "--spool-dir", spools(), "--drain-timeout", "20s"};
  }
  std::string spools() const { return dir / "spools"; }
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    if (!std::filesystem::exists(spools())) return found;
    for (const auto& entry : std::filesystem::directory_iterator(spools()))
      found.push_back(entry.path().string());
    return found;
  }
  HttpReply stored(const std::string& step = "1") const {
    return server.build("GET", "/steps/" + step + "/logs");
  }
  // A run that dies while its command waits, having printed `script`'s output.
  void kill_in_the_middle(const std::string& script, std::size_t bytes) {
    Program step(ProgramSetup(arguments({"--", "sh", "-c", script + "; sleep 60"})));
    REQUIRE(eventually([&] { return stored().body.size() == bytes; }));
    step.signal(SIGKILL);
    CHECK(step.wait().code == 128 + SIGKILL);
  }

  TempDir dir;
  Server server;
};

std::string digest_of(const std::string& bytes) {
  vela::base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

std::string numbers(int last) {
  std::string text;
  for (int i = 1; i <= last; ++i) text += std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a spool is private while it is needed and gone when the log is delivered") {
  Machine machine;
  Program step(ProgramSetup(machine.arguments({"--", "sh", "-c", "echo hi; sleep 1"})));
  REQUIRE(eventually([&] { return machine.files().size() == 1; }));
  struct stat status{};
  REQUIRE(::stat(machine.files().front().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  REQUIRE(::stat(machine.spools().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  CHECK(step.wait().code == 0);
  CHECK(machine.files().empty());
  CHECK(machine.stored().header("vela-logs-complete") == "true");
}

TEST_CASE("a run killed in the middle is delivered and sealed as incomplete by --resume") {
  Machine machine;
  machine.kill_in_the_middle("seq 1 1000", numbers(1000).size());
  CHECK(machine.files().size() == 1);
  const Finished resumed = run(machine.resume_arguments());
  CHECK(resumed.code == 0);
  CHECK(resumed.err.find("1 delivered, 0 refused, 0 left") != std::string::npos);
  CHECK(machine.files().empty());
  const HttpReply log = machine.stored();
  CHECK(log.body == numbers(1000));
  CHECK(log.header("vela-logs-state") == "sealed");
  CHECK(log.header("vela-logs-complete") == "false");
  CHECK(log.header("vela-logs-status") == "error");
  CHECK(log.header("vela-logs-sha256") == digest_of(numbers(1000)));
}

TEST_CASE("what a killed run had read and not sent is delivered too") {
  Machine machine;
  machine.server.kill9();
  Program step(ProgramSetup(machine.arguments(
      {"--", "sh", "-c", "seq 1 200000; echo > " + machine.dir.path() + "/done; sleep 60"})));
  REQUIRE(eventually([&] { return std::filesystem::exists(machine.dir / "done"); }));
  REQUIRE(eventually([&] {
    return !machine.files().empty() &&
           std::filesystem::file_size(machine.files().front()) > numbers(200'000).size();
  }));
  step.signal(SIGKILL);
  CHECK(step.wait().code == 128 + SIGKILL);
  machine.server.start();
  CHECK(run(machine.resume_arguments()).code == 0);
  CHECK(machine.stored().body == numbers(200'000));
  CHECK(machine.stored().header("vela-logs-complete") == "false");
}

TEST_CASE("a kill of worker and server together costs nothing that was read, by any method") {
  const std::string output = numbers(20'000);
  for (const char* method :
       {"auto", "stream", "websocket", "append", "time-chunks", "byte-chunks"}) {
    CAPTURE(method);
    Machine machine;
    Program step(ProgramSetup(
        machine.arguments({"--method", method, "--", "sh", "-c", "seq 1 20000; sleep 60"})));
    // A server that stored all lets the file shrink.
    REQUIRE(eventually([&] {
      return (!machine.files().empty() &&
              std::filesystem::file_size(machine.files().front()) > output.size()) ||
             machine.stored().body.size() == output.size();
    }));
    machine.server.kill9();
    step.signal(SIGKILL);
    CHECK(step.wait().code == 128 + SIGKILL);
    machine.server.start();
    CHECK(run(machine.resume_arguments()).code == 0);
    CHECK(machine.stored().body == output);
  }
}

TEST_CASE("a run killed after its command's end is sealed exactly as it would have been") {
  Machine machine;
  machine.server.kill9();
  Program step(ProgramSetup(machine.arguments({"--", "sh", "-c", "seq 1 1000; exit 3"})));
  // The end record is the one that names the exit code.
  REQUIRE(eventually([&] {
    return !machine.files().empty() &&
           read_file(machine.files().front()).find("exit_code=3") != std::string::npos;
  }));
  step.signal(SIGKILL);
  CHECK(step.wait().code == 128 + SIGKILL);
  machine.server.start();
  CHECK(run(machine.resume_arguments()).code == 0);
  const HttpReply log = machine.stored();
  CHECK(log.body == numbers(1000));
  CHECK(log.header("vela-logs-complete") == "true");
  CHECK(log.header("vela-logs-status") == "failure");
  CHECK(log.header("vela-logs-exit-code") == "3");
}

TEST_CASE("with the server away for the whole step nothing is lost, and what to do is said") {
  Machine machine;
  machine.server.kill9();
  const Finished step =
      run(machine.arguments({"--drain-timeout", "200ms", "--", "seq", "1", "1000000"}));
  CHECK(step.code == 0);
  REQUIRE(machine.files().size() == 1);
  CHECK(step.err.find("is kept in " + machine.files().front()) != std::string::npos);
  CHECK(step.err.find("vela-logs run-step --resume") != std::string::npos);
  machine.server.start();
  CHECK(run(machine.resume_arguments()).code == 0);
  CHECK(machine.stored().body == numbers(1'000'000));
  CHECK(machine.stored().header("vela-logs-complete") == "true");
  CHECK(machine.stored().header("vela-logs-status") == "success");
  CHECK(machine.files().empty());
}

TEST_CASE("the next run delivers what a dead one left, beside its own log") {
  Machine machine;
  machine.kill_in_the_middle("echo one", 4);
  const Finished next = run(machine.arguments({"--", "echo", "two"}, kOtherLog));
  CHECK(next.code == 0);
  CHECK(next.err.empty());
  CHECK(machine.stored("2").body == "two\n");
  CHECK(machine.stored("2").header("vela-logs-complete") == "true");
  CHECK(machine.stored("1").body == "one\n");
  CHECK(machine.stored("1").header("vela-logs-state") == "sealed");
  CHECK(machine.stored("1").header("vela-logs-complete") == "false");
  CHECK(machine.files().empty());
}

TEST_CASE("the next run of the same log goes on behind what the dead one left") {
  Machine machine;
  machine.kill_in_the_middle("echo one", 4);
  CHECK(run(machine.arguments({"--", "echo", "two"})).code == 0);
  const HttpReply log = machine.stored();
  CHECK(log.body.starts_with("one\n"));
  CHECK(log.body.find("another run's]\ntwo\n") != std::string::npos);
  CHECK(log.header("vela-logs-state") == "sealed");
  CHECK(log.header("vela-logs-complete") == "false");
  CHECK(log.header("vela-logs-sha256") == digest_of(log.body));
  CHECK(machine.files().empty());
}

TEST_CASE("two resumes at once deliver everything once") {
  Machine machine;
  machine.server.kill9();
  for (int i = 1; i <= 6; ++i) {
    const std::string log = "octocat/hello/42/steps/" + std::to_string(i);
    CHECK(
        run(machine.arguments({"--drain-timeout", "50ms", "--", "seq", "1", "20000"}, log)).code ==
        0);
  }
  machine.server.start();
  Program first(ProgramSetup(machine.resume_arguments()));
  Program second(ProgramSetup(machine.resume_arguments()));
  CHECK(first.wait().code == 0);
  CHECK(second.wait().code == 0);
  for (int i = 1; i <= 6; ++i) {
    CHECK(machine.stored(std::to_string(i)).body == numbers(20'000));
    CHECK(machine.stored(std::to_string(i)).header("vela-logs-complete") == "true");
  }
  CHECK(machine.files().empty());
}

TEST_CASE("a resume that does not get through leaves the spool and exits with 75") {
  Machine machine;
  machine.server.kill9();
  CHECK(run(machine.arguments({"--drain-timeout", "50ms", "--", "echo", "x"})).code == 0);
  const Finished resumed =
      run({"run-step", "--resume", "--spool-dir", machine.spools(), "--drain-timeout", "1s"});
  CHECK(resumed.code == 75);
  CHECK(resumed.err.find("0 delivered, 0 refused, 1 left") != std::string::npos);
  CHECK(machine.files().size() == 1);
}

TEST_CASE("a log that was ended without its writer refuses it, and the spool is set aside") {
  Machine machine;
  machine.server.kill9();
  CHECK(run(machine.arguments({"--drain-timeout", "50ms", "--", "echo", "late"})).code == 0);
  machine.server.start();
  CHECK(run({"run-step", "--server", machine.server.url(), "--log", kLog, "--quiet", "--", "echo",
             "early"})
            .code == 0);
  const Finished resumed = run(machine.resume_arguments());
  CHECK(resumed.code == 75);
  CHECK(resumed.err.find("0 delivered, 1 refused, 0 left") != std::string::npos);
  REQUIRE(machine.files().size() == 1);
  const std::string rejected = machine.files().front();
  CHECK(rejected.ends_with(".rejected"));
  CHECK(machine.stored().body == "early\n");
  // Its output can be had all the same.
  CHECK(resumed.err.find("--print-spool " + rejected) != std::string::npos);
  const Finished printed = run({"run-step", "--print-spool", rejected});
  CHECK(printed.code == 0);
  CHECK(printed.out == "late\n");
  CHECK(printed.err.find(kLog + ": bytes 0 to 5") != std::string::npos);
  CHECK(run({"run-step", "--print-spool", rejected + "x"}).code == 1);
}

TEST_CASE("--when-full drop leaves a line with the number of bytes, and the log is incomplete") {
  Machine machine;
  machine.server.kill9();
  const Finished step =
      run(machine.arguments({"--spool-limit", "4MiB", "--when-full", "drop", "--drain-timeout",
                             "50ms", "--", "sh", "-c", "head -c 6000000 /dev/zero; exit 4"}));
  CHECK(step.code == 4);
  machine.server.start();
  CHECK(run(machine.resume_arguments()).code == 0);
  const HttpReply log = machine.stored();
  const std::size_t kept = log.body.find('\n');
  REQUIRE(kept != std::string::npos);
  CHECK(log.body.substr(0, kept) == std::string(kept, '\0'));
  CHECK(log.body.substr(kept) == "\n[vela-logs: " + std::to_string(6'000'000 - kept) +
                                     " bytes found no room and were dropped here]\n");
  CHECK(log.header("vela-logs-complete") == "false");
  CHECK(log.header("vela-logs-exit-code") == "4");
}

TEST_CASE("--when-full fail stops the command, exits with 1 and seals an error") {
  Machine machine;
  machine.server.kill9();
  const Finished step =
      run(machine.arguments({"--spool-limit", "4MiB", "--when-full", "fail", "--drain-timeout",
                             "50ms", "--", "sh", "-c", "cat /dev/zero"}));
  CHECK(step.code == 1);
  CHECK(step.err.find("finds no room") != std::string::npos);
  machine.server.start();
  CHECK(run(machine.resume_arguments()).code == 0);
  CHECK(machine.stored().header("vela-logs-complete") == "false");
  CHECK(machine.stored().header("vela-logs-status") == "error");
}

TEST_CASE("--when-full block has the command wait, and everything arrives") {
  Machine machine;
  machine.server.kill9();
  Program step(ProgramSetup(
      machine.arguments({"--spool-limit", "4MiB", "--", "sh", "-c",
                         "head -c 20000000 /dev/zero; echo > " + machine.dir.path() + "/done"})));
  REQUIRE(eventually([&] { return step.has_said("the step waits until it takes them"); }));
  CHECK_FALSE(std::filesystem::exists(machine.dir / "done"));
  machine.server.start();
  CHECK(step.wait().code == 0);
  CHECK(machine.stored().body == std::string(20'000'000, '\0'));
  CHECK(machine.stored().header("vela-logs-complete") == "true");
  CHECK(machine.files().empty());
}

TEST_CASE("without a spool the step goes on in memory, unless --strict forbids it") {
  const Server server;
  const TempDir dir;
  const std::string file = dir.write("file", "x");
  const std::vector<std::string> common{"run-step", "--server",    server.url(),    "--log",
                                        kLog,       "--spool-dir", file + "/spools"};
  std::vector<std::string> loose = common;
  loose.insert(loose.end(), {"--", "echo", "hi"});
  const Finished step = run(loose);
  CHECK(step.code == 0);
  CHECK(step.err.find("in memory only") != std::string::npos);
  CHECK(server.build("GET", "/steps/1/logs").body == "hi\n");
  std::vector<std::string> strict = common;
  strict.insert(strict.end(), {"--strict", "--", "touch", dir / "ran"});
  CHECK(run(strict).code == 1);
  CHECK_FALSE(std::filesystem::exists(dir / "ran"));
}

TEST_CASE("a server that lost bytes gets the rest behind a line that says so, in a resume too") {
  Machine machine;
  machine.kill_in_the_middle("seq 1 300000", numbers(300'000).size());
  // Restored from before the log: the server has nothing of it.
  machine.server.kill9();
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(machine.server.store() + suffix);
  machine.server.start();
  CHECK(run(machine.resume_arguments()).code == 0);
  const HttpReply log = machine.stored();
  const std::string all = numbers(300'000);
  REQUIRE(log.body.size() > 100);
  const std::string tail = log.body.substr(log.body.size() / 2);
  CHECK(all.ends_with(tail));
  CHECK(log.header("vela-logs-state") == "sealed");
  CHECK(log.header("vela-logs-complete") == "false");
  CHECK(log.header("vela-logs-sha256") == digest_of(log.body));
}

TEST_CASE("a resume shows its token to the server that is named with it, and to no other") {
  const Machine machine;
  const HttpRelay guard(machine.server.port(), [](const std::string& request, int) {
    std::optional<std::string> own;
    if (request.find("\r\nAuthorization: Bearer abc\r\n") == std::string::npos)
      own = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
    return own;
  });
  const std::string url = "http://127.0.0.1:" + std::to_string(guard.port());
  CHECK(run({"run-step", "--server", url, "--log", kLog, "--quiet", "--spool-dir", machine.spools(),
             "--drain-timeout", "1s", "--", "echo", "hello"})
            .code == 0);
  REQUIRE(machine.files().size() == 1);
  ProgramSetup setup(
      {"run-step", "--resume", "--spool-dir", machine.spools(), "--drain-timeout", "1s"});
  setup.environment = {{"VELA_LOGS_TOKEN", "abc"}};
  const Finished anywhere = Program(setup).wait();
  CHECK(anywhere.code == 75);
  CHECK(anywhere.err.find("no server is shown the token") != std::string::npos);
  setup.arguments.insert(setup.arguments.end(), {"--server", url});
  CHECK(Program(setup).wait().code == 0);
  CHECK(machine.files().empty());
  CHECK(machine.stored().body == "hello\n");
}
