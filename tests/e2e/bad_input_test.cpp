// What bad input gets: a clear message that says what to do, and nothing is lost.
#include <string>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";

bool says(const Finished& finished, const std::string& word) {
  return finished.err.find(word) != std::string::npos;
}

Finished serve(std::vector<std::string> more) {
  std::vector<std::string> arguments{"serve"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

}  // namespace

TEST_CASE("a wrong command line is refused with exit 2, naming the flag and a valid example") {
  struct Case {
    std::vector<std::string> arguments;
    std::vector<std::string> words;
  };
  const std::vector<Case> cases{
      {{"serve", "--listne", ":1"}, {"--listne", "--listen"}},
      {{"serve", "--flush-interval", "soon"}, {"--flush-interval", "250ms"}},
      {{"serve", "--listen", "nowhere"}, {"--listen"}},
      {{"serve", "--listen", "0.0.0.0:8080"}, {"127.0.0.1"}},
      {{"run-step", "--log", kLog, "--", "true"}, {"--server"}},
      {{"run-step", "--server", "http://127.0.0.1:1", "--", "true"}, {"--log"}},
      {{"run-step", "--server", "http://127.0.0.1:1", "--log", "x", "--", "true"},
       {"--log", "octocat/hello/42/steps/3"}},
      {{"run-step", "--server", "http://127.0.0.1:1", "--log", kLog, "--method", "pigeon", "--",
        "true"},
       {"--method", "stream"}},
      {{"run-step", "--server", "http://127.0.0.1:1", "--log", kLog, "--flush-interval", "1s", "--",
        "true"},
       {"--flush-interval", "append"}},
      {{"run-step", "--server", "http://127.0.0.1:1", "--log", kLog, "--flush-bytes", "1", "--",
        "true"},
       {"--flush-bytes", "byte-chunks"}},
      {{"run-step", "--server", "http://127.0.0.1:1", "--log", kLog, "--method", "byte-chunks",
        "--flush-bytes", "1MiB", "--", "true"},
       {"--flush-bytes", "256KiB", "1000"}},
      {{"tail", "--server", "http://127.0.0.1:1", "x/y"}, {"octocat/hello/42"}},
      {{"tail", "--server", "http://127.0.0.1:1", "--raw", "octocat/hello/42"}, {"--raw"}},
      {{"tail", "--server", "http://127.0.0.1:1", "-n", "-3", kLog}, {"-n"}},
      {{"frobnicate"}, {"frobnicate"}},
  };
  for (const Case& wrong : cases) {
    const Finished finished = run(wrong.arguments);
    CAPTURE(finished.err);
    CHECK(finished.code == 2);
    CHECK(finished.out.empty());
    for (const std::string& word : wrong.words) {
      CAPTURE(word);
      CHECK(says(finished, word));
    }
  }
}

TEST_CASE("a wrong configuration is refused with its place, all faults at once") {
  const TempDir dir;
  const std::string path = dir.write("bad.toml", "listne = \":1\"\nflush_interval = 7\n");
  for (const bool only_checks : {true, false}) {
    std::vector<std::string> arguments{"--config", path};
    if (only_checks) arguments.emplace_back("--check-config");
    const Finished finished = serve(arguments);
    CAPTURE(finished.err);
    CHECK(finished.code == 2);
    CHECK(says(finished, path + ":1:"));
    CHECK(says(finished, "listne"));
    CHECK(says(finished, path + ":2:"));
    CHECK(says(finished, "flush_interval"));
  }
  const std::string good = std::string(VELA_SOURCE_DIR) + "/config/vela-logs.toml";
  CHECK(serve({"--config", good, "--check-config"}).code == 0);
  CHECK(serve({"--config", dir / "none.toml"}).code == 2);
}

TEST_CASE("a taken port, a store in use and one that can't be opened stop serve with exit 1") {
  const Server server;
  const TempDir dir;
  const std::string port = std::to_string(server.port());
  const Finished taken = serve({"--listen", "127.0.0.1:" + port, "--store", dir / "y.db"});
  CHECK(taken.code == 1);
  CHECK(says(taken, port));
  const Finished locked = serve({"--listen", "127.0.0.1:0", "--store", server.store()});
  CHECK(locked.code == 1);
  CHECK(says(locked, "x.db"));
  const std::string junk = dir.write("junk.db", std::string(5000, 'j'));
  const Finished foreign = serve({"--listen", "127.0.0.1:0", "--store", junk});
  CHECK(foreign.code == 1);
  CHECK(says(foreign, "junk.db"));
  CHECK(serve({"--listen", "127.0.0.1:0", "--store", dir / "no/such/dir.db"}).code == 1);
  CHECK(serve({"--listen", "127.0.0.1:0", "--store", dir.path()}).code == 1);
}

TEST_CASE("with the server away the command runs all the same and keeps its exit code") {
  const std::vector<std::string> arguments{
      "run-step", "--server", "http://127.0.0.1:1", "--log", kLog, "--drain-timeout", "200ms"};
  std::vector<std::string> plain = arguments;
  for (const char* word : {"--", "sh", "-c", "echo hi; exit 4"}) plain.emplace_back(word);
  const Finished finished = run(plain);
  CHECK(finished.code == 4);
  CHECK(finished.out == "hi\n");
  CHECK(says(finished, "not delivered"));
  std::vector<std::string> strict = arguments;
  for (const char* word : {"--strict", "--", "echo", "hi"}) strict.emplace_back(word);
  CHECK(run(strict).code == 75);
}

TEST_CASE("tail without following fails where there is nothing to show") {
  const Server server;
  const Finished absent = run({"tail", "--server", server.url(), "--no-follow", kLog});
  CHECK(absent.code == 1);
  CHECK(says(absent, kLog));
  CHECK(run({"tail", "--server", "http://127.0.0.1:1", "--no-follow", kLog}).code == 1);
}

TEST_CASE("a write beyond the end is a gap and tells the offset") {
  const Server server;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "hello").status == 200);
  const HttpReply gap = server.build("PATCH", "/steps/1/logs?offset=9", "x");
  CHECK(gap.status == 409);
  CHECK(gap.body.find(R"("reason":"gap","offset":5)") != std::string::npos);
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "hello world").status == 200);
  CHECK(server.build("GET", "/steps/1/logs").body == "hello world");
}

TEST_CASE("a long framed body beyond the end is a gap too, wherever its reading was cut") {
  const Server server;
  std::string body("\x01");
  // Kind, time, stream, length 60000.
  for (int i = 0; i < 4; ++i)
    body += std::string("\x01\x00\x01\xe0\xd4\x03", 6) + std::string(60'000, 'x');
  const std::vector<std::string> framed{"Content-Type: application/vnd.vela-logs.frames"};
  const HttpReply gap = server.build("PATCH", "/steps/1/logs?offset=9", body, framed);
  CHECK(gap.status == 409);
  CHECK(gap.body.find(R"("reason":"gap","offset":0)") != std::string::npos);
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", body, framed).status == 200);
  CHECK(server.build("GET", "/steps/1/logs").body.size() == 240'000);
}

TEST_CASE("another writer and a write to a sealed log are refused with the reason") {
  const Server server;
  const std::string first = "Vela-Logs-Writer: " + std::string(32, '1');
  const std::string second = "Vela-Logs-Writer: " + std::string(32, '2');
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", "a", {first}).status == 200);
  const HttpReply other = server.build("PATCH", "/steps/1/logs?offset=0", "b", {second});
  CHECK(other.status == 409);
  CHECK(other.body.find(R"("reason":"other_writer")") != std::string::npos);
  CHECK(other.body.find(R"("writer":")" + std::string(32, '1')) != std::string::npos);
  const std::string takeover = "&force=1&takeover=" + std::string(32, '1');
  CHECK(server.build("PATCH", "/steps/1/logs?offset=1" + takeover, "b", {second}).status == 200);
  const HttpReply zombie = server.build("PATCH", "/steps/1/logs?offset=2", "c", {first});
  CHECK(zombie.status == 409);
  CHECK(zombie.body.find(R"("reason":"replaced")") != std::string::npos);
  const std::string seal = "/steps/1/logs?offset=2&final=1&length=2&from=1&status=success";
  const HttpReply sealed = server.build("PATCH", seal, "", {second});
  CHECK(sealed.status == 200);
  CHECK(sealed.body.find(R"("state":"sealed")") != std::string::npos);
  CHECK(server.build("PATCH", seal, "", {second}).status == 200);  // a reply may be lost
  const HttpReply late = server.build("PATCH", "/steps/1/logs?offset=2", "d", {second});
  CHECK(late.status == 409);
  CHECK(late.body.find(R"("reason":"sealed")") != std::string::npos);
  CHECK(server.build("GET", "/steps/1/logs").body == "ab");
}

TEST_CASE("a digest that contradicts what is there makes the log incomplete") {
  const Server server;
  const std::string writer = "Vela-Logs-Writer: " + std::string(32, '1');
  const HttpReply seal = server.build(
      "PATCH", "/steps/1/logs?offset=0&final=1&length=5&sha256=" + std::string(64, 'a'), "hello",
      {writer});
  CHECK(seal.status == 200);
  CHECK(seal.body.find(R"("state":"incomplete")") != std::string::npos);
  CHECK(server.build("GET", "/steps/1/logs").header("vela-logs-complete") == "false");
  CHECK(run({"tail", "--server", server.url(), kLog}).code == 3);
}

TEST_CASE("requests that are too large or malformed are answered, and the server goes on") {
  const Server server;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0", std::string(1024 * 1024 + 1, 'x')).status ==
        413);
  CHECK(server.build("GET", "/steps/1/logs", "", {"X: " + std::string(20'000, 'x')}).status == 431);
  CHECK(server.send_raw("nonsense\r\n\r\n").status == 400);
  CHECK(server.build("PATCH", "/steps/1/logs", "x").status == 400);
  CHECK(server.build("PATCH", "/steps/1/logs?offset=x", "x").status == 400);
  CHECK(server
            .build("PATCH", "/steps/1/logs?offset=0", "\x07",
                   {"Content-Type: application/vnd.vela-logs.frames"})
            .status == 400);
  const HttpReply not_allowed = server.build("POST", "/steps/1/logs");
  CHECK(not_allowed.status == 405);
  CHECK(not_allowed.body.starts_with(R"({"error":")"));
  CHECK(server.request("GET", "/api/v1/nothing").status == 404);
  CHECK(server.request("GET", "/health").body == R"({"status":"ok","reasons":[]})");
}

TEST_CASE("names that would lead elsewhere are refused") {
  const Server server;
  const std::string repos = "/api/v1/repos/";
  for (const std::string path :
       {"../hello/builds/42/steps/1/logs", "%2e%2e/hello/builds/42/steps/1/logs",
        "a%2Fb/hello/builds/42/steps/1/logs", "a%00/hello/builds/42/steps/1/logs",
        "a%0a/hello/builds/42/steps/1/logs", "a/hello/builds/0/steps/1/logs",
        "a/hello/builds/x/steps/1/logs", "a/hello/builds/42/steps/0/logs",
        "a/hello/builds/42/steps/70000/logs", "a/%zz/builds/42/steps/1/logs"}) {
    CAPTURE(path);
    const HttpReply reply = server.request("GET", repos + path);
    CHECK(reply.status == 400);
    CHECK(reply.body.starts_with(R"({"error":")"));
  }
}
