// Retention in the built program: off unless it is asked for, shown before it is done, reloadable.
#include <csignal>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"

using namespace vela::test;

namespace {

void write_log(const Server& server, int build, const std::string& text) {
  const std::string log = "octocat/hello/" + std::to_string(build) + "/steps/1";
  REQUIRE(run({"run-step", "--server", server.url(), "--log", log, "--quiet", "--", "echo", text})
              .code == 0);
}

std::string read_log(const Server& server, int build) {
  return server
      .request("GET",
               "/api/v1/repos/octocat/hello/builds/" + std::to_string(build) + "/steps/1/logs")
      .body;
}

}  // namespace

TEST_CASE("a dry run beside a server tells what would go, and nothing goes") {
  Server server;
  for (int build = 1; build <= 4; ++build) write_log(server, build, "build");
  const Finished off = run({"serve", "--store", server.store(), "--retention-dry-run"});
  CHECK(off.code == 0);
  CHECK(off.out.find("0 of 4 logs would go") != std::string::npos);
  CHECK(off.out.find("no limit is set") != std::string::npos);
  const Finished dry = run({"serve", "--store", server.store(), "--retention-max-builds-per-repo",
                            "2", "--retention-exempt", "octocat/hello/1/*", "--retention-dry-run"});
  CHECK(dry.code == 0);
  CHECK(dry.out.find("octocat/hello/2/steps/1\t6\t20") == 0);
  CHECK(dry.out.find("\tbuilds\n1 of 4 logs would go, 6 bytes of 24 bytes\n") != std::string::npos);
  for (int build = 1; build <= 4; ++build) CHECK(read_log(server, build) == "build\n");
  CHECK(server.terminate() == 0);
  // And beside none.
  CHECK(
      run({"serve", "--store", server.store(), "--retention-max-bytes", "7", "--retention-dry-run"})
          .out.find("3 of 4 logs would go") != std::string::npos);
  const Finished missing =
      run({"serve", "--store", server.store() + ".none", "--retention-dry-run"});
  CHECK(missing.code == 1);
}

TEST_CASE("a server deletes what its configuration says") {
  const TempDir dir;
  std::string store;
  {
    Server server(dir / "x.db");
    for (int build = 1; build <= 3; ++build) write_log(server, build, "build");
    store = server.store();
    CHECK(server.terminate() == 0);
  }
  Program serve(ProgramSetup({"serve", "--listen", "127.0.0.1:0", "--store", store,
                              "--retention-max-builds-per-repo", "1"}));
  CHECK(
      eventually([&] { return serve.has_said("retention: deleted 2 logs, 12 bytes, by builds"); }));
  serve.signal(SIGTERM);
  CHECK(serve.wait().code == 0);
  const Server server(store);
  CHECK(read_log(server, 1).empty());
  CHECK(read_log(server, 2).empty());
  CHECK(read_log(server, 3) == "build\n");
}

TEST_CASE("SIGHUP begins to delete") {
  const TempDir dir;
  const std::string config = dir / "vela-logs.toml";
  {
    Server server(dir / "x.db");
    for (int build = 1; build <= 3; ++build) write_log(server, build, "build");
    CHECK(server.terminate() == 0);
  }
  std::ofstream(config) << "store = \"" << (dir / "x.db") << "\"\nlisten = \"127.0.0.1:0\"\n";
  Program serve(ProgramSetup({"serve", "--config", config}));
  REQUIRE(eventually([&] { return serve.has_printed("listening on"); }));
  std::ofstream(config, std::ios::app) << "[retention]\nmax_bytes = \"6\"\n";
  serve.signal(SIGHUP);
  CHECK(
      eventually([&] { return serve.has_said("retention: deleted 2 logs, 12 bytes, by bytes"); }));
  serve.signal(SIGTERM);
  CHECK(serve.wait().code == 0);
}
