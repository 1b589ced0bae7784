// DELETE: who is told, who is refused, and what may come afterwards.
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "support/metrics_text.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";

void write_log(const Server& server, const std::string& log, const std::string& text) {
  const Finished step =
      run({"run-step", "--server", server.url(), "--log", log, "--quiet", "--", "echo", text});
  REQUIRE(step.code == 0);
}

std::string body_of(const Server& server, const std::string& step) {
  return server.build("GET", "/steps/" + step + "/logs").body;
}

}  // namespace

TEST_CASE("a log that has ended is deleted for good, others stay") {
  Server server;
  write_log(server, kLog, "first");
  write_log(server, "octocat/hello/42/steps/2", "second");
  const HttpReply deleted = server.build("DELETE", "/steps/1/logs");
  CHECK(deleted.status == 200);
  CHECK(deleted.body == R"("logs deleted for step octocat/hello/42/1")");
  for (int i = 0; i < 2; ++i) {
    const HttpReply log = server.build("GET", "/steps/1/logs");
    CHECK(log.status == 200);
    CHECK(log.body.empty());
    CHECK(log.header("vela-logs-state") == "incomplete");
    CHECK(log.header("vela-logs-complete") == "false");
    CHECK(log.header("vela-logs-status") == "success");
    CHECK(server.build("GET", "/steps/1/logs?cursor=1-6").status == 409);
    CHECK(server.build("GET", "/steps/1/events?wait=1").body.find(R"("reason":"deleted")") !=
          std::string::npos);
    CHECK(body_of(server, "2") == "second\n");
    CHECK(server.build("DELETE", "/steps/1/logs").status == 200);
    CHECK(server.build("DELETE", "/steps/3/logs").status == 404);
    server.kill9();
    server.start();
  }
  write_log(server, kLog, "anew");
  CHECK(body_of(server, "1") == "anew\n");
  CHECK(server.terminate() == 0);
  server.start();
  CHECK(body_of(server, "1") == "anew\n");
  CHECK(server.build("HEAD", "/steps/1/logs").header("vela-logs-complete") == "true");
}

TEST_CASE("a log that is being written is deleted by force alone; writer and reader are told") {
  for (const std::string method : {"append", "stream", "websocket"}) {
    CAPTURE(method);
    const Server server;
    const TempDir spools;
    const std::string go = spools / "go";
    const std::string script = "echo begun; until [ -e '" + go + "' ]; do sleep 0.05; done; exit 3";
    Program step(ProgramSetup({"run-step", "--server", server.url(), "--log", kLog, "--method",
                               method, "--spool-dir", spools.path(), "--", "sh", "-c", script}));
    Program reader(ProgramSetup({"tail", "--server", server.url(), kLog}));
    REQUIRE(eventually([&] { return reader.has_printed("begun"); }));
    const HttpReply refused = server.build("DELETE", "/steps/1/logs");
    CHECK(refused.status == 409);
    CHECK(refused.body.find("force=1") != std::string::npos);
    CHECK(body_of(server, "1") == "begun\n");
    CHECK(server.build("DELETE", "/steps/1/logs?force=1").status == 200);
    const Finished read = reader.wait();
    CHECK(read.code == 3);
    CHECK(read.err.find("deleted") != std::string::npos);
    std::ofstream(go).put('x');
    CHECK(step.wait().code == 3);
    CHECK(body_of(server, "1").empty());
    std::size_t rejected = 0;
    for (const auto& entry : std::filesystem::directory_iterator(spools.path()))
      if (entry.path().extension() == ".rejected") ++rejected;
    CHECK(rejected == 1);
  }
}

TEST_CASE("all logs of a build are deleted in one request, or none while one is written") {
  const Server server;
  write_log(server, kLog, "one");
  write_log(server, "octocat/hello/42/services/1", "two");
  write_log(server, "octocat/hello/43/steps/1", "another build");
  CHECK(server
            .build("PATCH", "/steps/2/logs?offset=0", "open",
                   {"Vela-Logs-Writer: 0123456789abcdef0123456789abcdef"})
            .status == 200);
  CHECK(server.build("DELETE", "/logs").status == 409);
  CHECK(body_of(server, "1") == "one\n");
  const HttpReply deleted = server.build("DELETE", "/logs?force=1");
  CHECK(deleted.status == 200);
  CHECK(deleted.body == R"("logs deleted for build octocat/hello/42")");
  CHECK(body_of(server, "1").empty());
  CHECK(server.build("GET", "/services/1/logs").body.empty());
  const HttpReply late = server.build("PATCH", "/steps/2/logs?offset=4", "more",
                                      {"Vela-Logs-Writer: 0123456789abcdef0123456789abcdef"});
  CHECK(late.status == 410);
  CHECK(late.body.find(R"("reason":"deleted")") != std::string::npos);
  const std::string other = "/api/v1/repos/octocat/hello/builds/43";
  CHECK(server.request("GET", other + "/steps/1/logs").body == "another build\n");
  CHECK(server.request("DELETE", "/api/v1/repos/octocat/hello/builds/44/logs").status == 404);
  // What was deleted already is not deleted again.
  CHECK(server.build("DELETE", "/logs").status == 200);
  const MetricsText metrics = parse_metrics(server.request("GET", "/metrics").body);
  const std::string by_request = "{reason=\"request\"}";
  CHECK(metrics.value("vela_logs_retention_deleted_logs_total" + by_request) == 3);
  CHECK(metrics.value("vela_logs_retention_deleted_bytes_total" + by_request) == 12);
}
