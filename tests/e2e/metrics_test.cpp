// What /metrics says, against what happened and what the documentation lists.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "core/base/clock.hpp"
#include "core/logs/wire_frames.hpp"
#include "support/metrics_text.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/web_socket_peer.hpp"

using namespace vela::test;

namespace {

const std::string kWriter = "Vela-Logs-Writer: 0123456789abcdef0123456789abcdef";

MetricsText metrics_of(const Server& server) {
  const HttpReply reply = server.request("GET", "/metrics");
  CHECK(reply.status == 200);
  CHECK(reply.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  MetricsText text = parse_metrics(reply.body);
  for (const std::string& fault : text.faults) FAIL_CHECK(fault);
  return text;
}

// Name and type of each row of the table in docs/operations.md.
std::map<std::string, std::string> documented() {
  std::ifstream file(std::string(VELA_SOURCE_DIR) + "/docs/operations.md");
  std::map<std::string, std::string> rows;
  bool is_there = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) is_there = line == "## Metrics";
    if (!is_there || !line.starts_with("| `")) continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    const std::string rest = line.substr(line.find(" | ") + 3);
    CHECK(rows.emplace(name, rest.substr(0, rest.find(' '))).second);
  }
  return rows;
}

std::string refused(const std::string& reason) {
  return "vela_logs_refused_requests_total{reason=\"" + reason + "\"}";
}

}  // namespace

TEST_CASE("every metric is documented with its type, and every documented one is there") {
  const Server server;
  const MetricsText text = metrics_of(server);
  const std::map<std::string, std::string> rows = documented();
  CHECK(rows.size() > 40);
  for (const auto& family : text.families) {
    CAPTURE(family.first);
    REQUIRE(rows.contains(family.first));
    CHECK(rows.at(family.first) == family.second.type);
  }
  for (const auto& row : rows) {
    CAPTURE(row.first);
    CHECK(text.families.contains(row.first));
  }
}

TEST_CASE("the dashboard and the alerts ask for nothing that is not there") {
  const Server server;
  const MetricsText text = metrics_of(server);
  for (const std::string path : {"/docs/grafana/vela-logs.json", "/docs/alerts/vela-logs.rules.yml",
                                 "/docs/alerts/vela-logs.rules.test.yml"}) {
    CAPTURE(path);
    std::ifstream file(std::string(VELA_SOURCE_DIR) + path);
    std::stringstream whole;
    whole << file.rdbuf();
    const std::string content = whole.str();
    const std::regex name("\\b(vela_logs|process)_[a-z_]+[a-z]");
    std::set<std::string> named;
    for (std::sregex_iterator it(content.begin(), content.end(), name), end; it != end; ++it) {
      std::string base = it->str();
      for (const std::string part : {"_bucket", "_sum", "_count"})
        if (base.ends_with(part) && !text.families.contains(base))
          base.resize(base.size() - part.size());
      named.insert(base);
    }
    CHECK(named.size() > 10);
    for (const std::string& base : named) {
      CAPTURE(base);
      CHECK(text.families.contains(base));
    }
  }
}

TEST_CASE("a step that is streamed and followed is in the numbers, byte for byte") {
  const Server server;
  Program tail(ProgramSetup({"tail", "--server", server.url(), "octocat/hello/42/steps/1"}));
  // Only who is there when a line comes has a lag.
  CHECK(
      eventually([&] { return metrics_of(server).value("vela_logs_followers{of=\"log\"}") == 1; }));
  Program step(ProgramSetup({"run-step", "--server", server.url(), "--log",
                             "octocat/hello/42/steps/1", "--method", "stream", "--", "sh", "-c",
                             "for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done"}));
  CHECK(
      eventually([&] { return metrics_of(server).value("vela_logs_logs{state=\"live\"}") == 1; }));
  const Finished stepped = step.wait();
  CHECK(stepped.code == 0);
  CHECK(tail.wait().out == stepped.out);

  const MetricsText text = metrics_of(server);
  const auto bytes = static_cast<double>(stepped.out.size());
  CHECK(text.value("vela_logs_received_bytes_total") == bytes);
  CHECK(text.value("vela_logs_delivered_bytes_total") == bytes);
  CHECK(text.value("vela_logs_stored_bytes_total") == bytes);
  CHECK(text.value("vela_logs_flush_size_bytes_sum") == bytes);
  CHECK(text.value("vela_logs_stored_packed_bytes_total") > 0);
  CHECK(text.value("vela_logs_repeated_bytes_total") == 0);
  CHECK(text.value("vela_logs_logs{state=\"live\"}") == 0);
  CHECK(text.value("vela_logs_logs{state=\"sealed\"}") == 1);
  CHECK(text.value("vela_logs_followers{of=\"log\"}") == 0);
  CHECK(text.value("vela_logs_flush_duration_seconds_count") >= 1);
  CHECK(text.value("vela_logs_health{status=\"ok\"}") == 1);
  CHECK(text.value("vela_logs_http_connections") >= 1);
  CHECK(text.value("vela_logs_store_size_bytes") > 0);
  CHECK(text.value("vela_logs_store_disk_free_bytes") > 0);
  CHECK(text.value("vela_logs_memory_bytes{purpose=\"pending\"}") == 0);
  CHECK(text.value("vela_logs_memory_bytes{purpose=\"store\"}") > 0);
  for (const std::string part : {"written_to_received", "received_to_durable",
                                 "durable_to_delivered", "written_to_delivered"}) {
    CAPTURE(part);
    CHECK(text.value("vela_logs_lag_" + part + "_seconds_count") >= 1);
  }
  // Both clocks are this machine's: a skew that was wrong by seconds would show.
  CHECK(text.value("vela_logs_lag_written_to_received_seconds_bucket{le=\"60\"}") ==
        text.value("vela_logs_lag_written_to_received_seconds_count"));
  const std::string posted =
      "vela_logs_http_requests_total{method=\"POST\",route=\"/api/v1/repos/{org}/{repo}/builds/"
      "{build}/{kind}/{n}/stream\",status=\"2xx\"}";
  CHECK(text.value(posted) >= 1);
}

TEST_CASE("a worker whose clock is an hour ahead has the lag that it really has") {
  const Server server;
  const auto append = [&server](vela::base::WallTime now, std::int64_t offset,
                                vela::base::WallTime written) {
    std::string body;
    vela::logs::FrameEncoder().put_output(body, written, vela::logs::Stream::out, "hello\n");
    const std::string clock =
        "Vela-Logs-Clock: " + std::to_string(vela::base::to_unix_micros(now)) + ";rtt=200";
    return server
        .build("PATCH", "/steps/1/logs?offset=" + std::to_string(offset), body,
               {kWriter, clock, "Content-Type: application/vnd.vela-logs.frames"})
        .status;
  };
  const auto ahead = [] { return vela::base::wall_now() + std::chrono::hours(1); };
  CHECK(append(ahead(), 0, ahead() - std::chrono::seconds(3)) == 200);
  CHECK(append(ahead(), 6, ahead() - std::chrono::seconds(3)) == 200);
  const MetricsText text = metrics_of(server);
  const std::string name = "vela_logs_lag_written_to_received_seconds";
  CHECK(text.value(name + "_count") == 2);
  CHECK(text.value(name + "_bucket{le=\"1\"}") == 0);
  CHECK(text.value(name + "_bucket{le=\"60\"}") == 2);
  CHECK(text.value(name + "_sum") >= 5.9);
}

TEST_CASE("promtool finds nothing to say about the names and the format") {
  const char* promtool = std::getenv("VELA_PROMTOOL");
  if (promtool == nullptr || ::access(promtool, X_OK) != 0) {
    MESSAGE("SKIP: no promtool; scripts/promtool.sh build/promtool fetches it");
    return;
  }
  const Server server;
  ProgramSetup setup({"check", "metrics"});
  setup.program = promtool;
  setup.input = server.request("GET", "/metrics").body;
  Program check(std::move(setup));
  const Finished checked = check.wait();
  CHECK(checked.code == 0);
  CHECK(checked.out + checked.err == "");
}

TEST_CASE("refusals and repeats are counted by what they were") {
  const Server server;
  const auto append = [&server](const std::string& query, const std::string& body,
                                const std::string& writer) {
    return server.build("PATCH", "/steps/1/logs?" + query, body, {writer}).status;
  };
  CHECK(append("offset=0&durable=5", "hello", kWriter) == 200);
  CHECK(append("offset=2", "llo world", kWriter) == 200);
  CHECK(append("offset=99", "x", kWriter) == 409);
  CHECK(append("offset=0", "x", "Vela-Logs-Writer: ffffffffffffffffffffffffffffffff") == 409);
  CHECK(append("offset=x", "x", kWriter) == 400);
  CHECK(append("offset=11", std::string(1024 * 1024 + 1, 'x'), kWriter) == 413);
  CHECK(server.request("GET", "/nowhere").status == 404);
  CHECK(server.request("DELETE", "/health").status == 405);
  CHECK(server.send_raw("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").status ==
        431);

  const MetricsText text = metrics_of(server);
  CHECK(text.value(refused("gap")) == 1);
  CHECK(text.value(refused("other_writer")) == 1);
  CHECK(text.value(refused("malformed")) == 1);
  CHECK(text.value(refused("body_too_large")) == 1);
  CHECK(text.value(refused("not_found")) == 1);
  CHECK(text.value(refused("method")) == 1);
  CHECK(text.value(refused("head_too_large")) == 1);
  CHECK(text.value(refused("store")) == 0);
  CHECK(text.value("vela_logs_repeated_bytes_total") == 3);
  CHECK(text.value("vela_logs_repeated_writes_total") == 1);
  CHECK(text.value("vela_logs_acknowledgement_wait_seconds_count") >= 1);
  CHECK(text.value("vela_logs_http_requests_total{method=\"\",route=\"none\",status=\"4xx\"}") ==
        3);
}

TEST_CASE("a WebSocket is in the numbers: its bytes, its waits, and that it was cut") {
  const Server server;
  const std::string output(100'000, 'x');
  {
    WebSocketPeer peer(server.port(), "/steps/1/stream", std::string(32, 'a'));
    peer.send_output(0, output);
    peer.send(WebSocketPeer::kText, R"({"durable":100000})");
    static_cast<void>(peer.next_with(R"("durable":100000)"));
    CHECK(metrics_of(server).value("vela_logs_cut_writes_total") == 0);
  }
  CHECK(eventually([&] { return metrics_of(server).value("vela_logs_cut_writes_total") == 1; }));
  const MetricsText text = metrics_of(server);
  CHECK(text.value("vela_logs_received_bytes_total") == 100'000);
  CHECK(text.value("vela_logs_http_received_bytes_total") > 100'000);
  // Its head, frames and the scrapes are far from the bytes of the output once more.
  CHECK(text.value("vela_logs_http_received_bytes_total") < 150'000);
  CHECK(text.value("vela_logs_acknowledgement_wait_seconds_count") == 1);
}

TEST_CASE("logs that have ended are counted after a restart too") {
  Server server;
  CHECK(
      server.build("PATCH", "/steps/1/logs?offset=0&final=1&length=5", "hello", {kWriter}).status ==
      200);
  CHECK(server.build("PATCH", "/steps/2/logs?offset=0", "hello", {kWriter}).status == 200);
  // A claim that is contradicted.
  CHECK(
      server.build("PATCH", "/steps/3/logs?offset=0&final=1&length=2", "hello", {kWriter}).status ==
      200);
  CHECK(server.terminate() == 0);
  server.start();
  const MetricsText text = metrics_of(server);
  CHECK(text.value("vela_logs_logs{state=\"sealed\"}") == 1);
  CHECK(text.value("vela_logs_logs{state=\"live\"}") == 1);
  CHECK(text.value("vela_logs_logs{state=\"incomplete\"}") == 1);
  CHECK(text.value("vela_logs_received_bytes_total") == 0);
}
