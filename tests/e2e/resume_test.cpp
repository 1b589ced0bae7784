// What `run-step --resume` does with what was left for several servers, and with mistakes.
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

// A run whose server is away, or takes it.
Finished run_step(const std::string& server, const std::string& step, const std::string& spools,
                  const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{
      "run-step", "--server",    server, "--log",           "octocat/hello/42/steps/" + step,
      "--quiet",  "--spool-dir", spools, "--drain-timeout", "50ms"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  for (const char* word : {"--", "echo"}) arguments.emplace_back(word);
  arguments.push_back(step);
  return run(arguments);
}

std::string stored(const Server& server, const std::string& step) {
  return server.build("GET", "/steps/" + step + "/logs").body;
}

}  // namespace

TEST_CASE("a server that does not answer keeps a resume from no other") {
  Server server;
  const TempDir spools;
  const std::string gone = "http://127.0.0.1:9";
  server.kill9();
  for (const char* step : {"1", "2"}) CHECK(run_step(gone, step, spools.path()).code == 0);
  for (const char* step : {"3", "4"}) CHECK(run_step(server.url(), step, spools.path()).code == 0);
  server.start();
  const Finished resumed =
      run({"run-step", "--resume", "--spool-dir", spools.path(), "--drain-timeout", "1s"});
  CHECK(resumed.code == 75);
  CHECK(resumed.err.find("2 delivered, 0 refused, 2 left") != std::string::npos);
  CHECK(resumed.err.find("steps/2: what a run before left is not tried") != std::string::npos);
  CHECK(stored(server, "3") == "3\n");
  CHECK(stored(server, "4") == "4\n");
  const Finished ours =
      run({"run-step", "--resume", "--server", server.url(), "--spool-dir", spools.path()});
  CHECK(ours.code == 0);
  CHECK(ours.err.find("0 left; 2 for other servers") != std::string::npos);
}

TEST_CASE("a resume makes no directory, and says when the one that was named is not there") {
  const TempDir dir;
  const std::string missing = dir / "typo";
  const Finished resumed = run({"run-step", "--resume", "--spool-dir", missing});
  CHECK(resumed.code == 1);
  CHECK(resumed.err.find("there is no directory " + missing) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(missing));
}

TEST_CASE("a step's name is cut to what servers take, and the log is delivered") {
  const Server server;
  const TempDir spools;
  CHECK(run_step(server.url(), "1", spools.path(),
                 {"--strict", "--drain-timeout", "20s", "--name", std::string(300, 'x')})
            .code == 0);
  CHECK(stored(server, "1") == "1\n");
}
