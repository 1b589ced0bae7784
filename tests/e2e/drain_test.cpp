// How serve ends: what it still answers, whom it waits for, and what it says is left.
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/unique_fd.hpp"
#include "support/loopback.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/store_blocker.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// serve on a port of its own with more flags, of which the test sees all that it says.
class Serve {
 public:
  explicit Serve(std::vector<std::string> flags) : program(setup(std::move(flags))) {
    std::string line;
    REQUIRE(eventually([&] { return (line = program.printed()).ends_with('\n'); }));
    port = std::stoi(line.substr(line.rfind(':') + 1));
  }

  [[nodiscard]] std::string store() const { return dir_ / "x.db"; }
  // A whole request on a connection of its own; all that comes back.
  [[nodiscard]] std::string request(const std::string& head, const std::string& body = {}) const {
    const auto socket = connect_to_loopback(port);
    if (!socket.is_open()) return "refused";
    send_all(socket.get(), head + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                               std::to_string(body.size()) + "\r\n\r\n" + body);
    std::string answer;
    while (receive(socket.get(), answer)) {
    }
    return answer;
  }
  [[nodiscard]] std::string append(const std::string& parameters, const std::string& body) const {
    return request("PATCH " + kBuildPath + "/steps/1/logs?" + parameters, body);
  }

 private:
  ProgramSetup setup(std::vector<std::string> flags) {
    ProgramSetup made(
        {"serve", "--listen", "127.0.0.1:0", "--store", store(), "--flush-interval", "10ms"});
    made.arguments.insert(made.arguments.end(), flags.begin(), flags.end());
    return made;
  }

  TempDir dir_;

 public:
  Program program;
  int port = 0;
};

}  // namespace

TEST_CASE("while it drains serve says so in /health and goes on taking what comes") {
  Serve serve({"--shutdown-delay", "30m"});
  CHECK(contains(serve.request("GET /health"), R"({"status":"ok","reasons":[]})"));
  serve.program.signal(SIGTERM);
  REQUIRE(eventually([&] { return contains(serve.request("GET /health"), "503"); }));
  const std::string health = serve.request("GET /health");
  CHECK(contains(health, R"("status":"draining")"));
  CHECK(contains(health, R"("code":"draining")"));
  CHECK(contains(health, R"("error":"the server is shutting down; ask another one")"));
  CHECK(contains(health, "Retry-After: 1\r\n"));
  CHECK(contains(serve.append("offset=0&durable=5", "hello"), R"("durable":5)"));
  CHECK(contains(serve.request("GET " + kBuildPath + "/steps/1/logs"), "hello"));
  CHECK(serve.program.has_said("draining: requests are taken for another 30m"));
  // A second signal ends it at once.
  serve.program.signal(SIGTERM);
  CHECK(serve.program.wait().code == 128 + SIGTERM);
}

TEST_CASE("when the delay is over serve ends by itself, and all is stored") {
  Serve serve({"--shutdown-delay", "50ms"});
  CHECK(contains(serve.append("offset=0", "hello"), R"("offset":5)"));
  serve.program.signal(SIGTERM);
  const Finished finished = serve.program.wait();
  CHECK(finished.code == 0);
  CHECK_FALSE(contains(finished.err, "not stored"));
  CHECK(serve.request("GET /health") == "refused");
}

TEST_CASE("a request in progress gets the grace, a new one is not taken") {
  Serve serve({"--shutdown-grace", "30m"});
  const auto socket = connect_to_loopback(serve.port);
  REQUIRE(send_all(socket.get(), "GET /version HTTP/1.1\r\n"));
  // The server has the beginning once it has answered somebody who came later.
  CHECK(contains(serve.request("GET /version"), "200"));
  serve.program.signal(SIGTERM);
  REQUIRE(eventually([&] { return serve.request("GET /version") == "refused"; }));
  REQUIRE(send_all(socket.get(), "Host: x\r\n\r\n"));
  std::string answer;
  while (receive(socket.get(), answer)) {
  }
  CHECK(contains(answer, "HTTP/1.1 200"));
  CHECK(contains(answer, "Connection: close\r\n"));
  CHECK(serve.program.wait().code == 0);
}

TEST_CASE("a request that outlasts the grace is cut, and the end is a clean one") {
  Serve serve({"--shutdown-grace", "0"});
  const auto socket = connect_to_loopback(serve.port);
  REQUIRE(send_all(socket.get(), "GET /version HTTP/1.1\r\n"));
  CHECK(contains(serve.request("GET /version"), "200"));
  serve.program.signal(SIGTERM);
  std::string answer;
  while (receive(socket.get(), answer)) {
  }
  CHECK(answer.empty());
  CHECK(serve.program.wait().code == 0);
}

TEST_CASE("what is not stored at the deadline is named, and the exit code says so") {
  // SQLite waits 5 s for the lock: longer than the limit.
  Serve serve({"--shutdown-limit", "1s"});
  CHECK(contains(serve.append("offset=0&durable=5", "hello"), R"("durable":5)"));
  const StoreBlocker blocker(serve.store());
  CHECK(contains(serve.append("offset=5", " world"), R"("offset":11)"));
  serve.program.signal(SIGTERM);
  const Finished finished = serve.program.wait();
  CHECK(finished.code == 1);
  CHECK(contains(finished.err, "still running: hub"));
  CHECK(contains(finished.err, "not stored: 6 bytes of octocat/hello/42/steps/1"));
}

TEST_CASE("little space beside the store is told in /health, and requests still come") {
  const Serve serve({"--health-free-space", "100000TiB"});
  const std::string health = serve.request("GET /health");
  CHECK(contains(health, "HTTP/1.1 200"));
  CHECK(contains(health, R"("status":"degraded")"));
  CHECK(contains(health, R"("code":"disk")"));
  CHECK_FALSE(contains(health, R"("error")"));
}
