// What serve says about itself.
#include <csignal>
#include <sstream>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

constexpr auto kToken = "a-token-that-nobody-may-see";
constexpr auto kOutput = "the words of the step";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// All that serve says while a step is written and read.
std::string messages_of(const std::vector<std::string>& options) {
  const TempDir dir;
  const std::string address = "unix:" + (dir / "serve.sock");
  std::vector<std::string> arguments{"serve", "--listen", address, "--store", dir / "x.db"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  Program serve{ProgramSetup(std::move(arguments))};
  ProgramSetup setup({"run-step", "--server", address, "--log", "octocat/hello/42/steps/1", "--",
                      "echo", kOutput});
  setup.environment = {{"VELA_LOGS_TOKEN", kToken}};
  Program step(std::move(setup));
  CHECK(step.wait().code == 0);
  const Finished shown = run({"tail", "--server", address, "octocat/hello/42/steps/1"});
  CHECK(shown.out == std::string(kOutput) + "\n");
  serve.signal(SIGTERM);
  const Finished served = serve.wait();
  CHECK(served.code == 0);
  return served.err;
}

}  // namespace

TEST_CASE("at debug each request is one JSON object that tells no token, name or content") {
  const std::string messages = messages_of({"--log-level", "debug", "--log-format", "json"});
  bool has_append = false;
  bool has_events = false;
  for (const std::string& line : lines_of(messages)) {
    CAPTURE(line);
    const boost::json::object object = boost::json::parse(line).as_object();
    CHECK(object.at("ts").as_string().size() == std::string("2026-01-02T03:04:05.678Z").size());
    if (object.at("msg") != "request") continue;
    CHECK(object.at("level") == "debug");
    CHECK(object.at("peer") == "unix");
    CHECK(object.at("took_us").as_int64() >= 0);
    const std::string route(object.at("route").as_string());
    has_append = has_append || (object.at("method") == "PATCH" && object.at("status") == 200 &&
                                route.ends_with("/builds/{build}/{kind}/{n}/logs"));
    has_events = has_events ||
                 (object.at("method") == "GET" && route.ends_with("/{kind}/{n}/events") &&
                  object.at("sent_bytes").as_int64() > std::int64_t(std::string(kOutput).size()));
  }
  CHECK(has_append);
  CHECK(has_events);
  for (const std::string secret : {kToken, kOutput, "octocat"}) {
    CAPTURE(secret);
    CHECK(messages.find(secret) == std::string::npos);
  }
}

TEST_CASE("without being asked it says nothing of requests, and errors alone when told so") {
  const std::string usual = messages_of({});
  CHECK(usual.find("request") == std::string::npos);
  CHECK(usual.find("Z info shutting down\n") != std::string::npos);
  CHECK(messages_of({"--log-level", "error"}).empty());
}

TEST_CASE("the journal gets each line with its priority") {
  const std::string messages = messages_of({"--log-format", "journald"});
  CHECK(messages.find("<6>shutting down\n") != std::string::npos);
  for (const std::string& line : lines_of(messages)) CHECK(line.starts_with("<"));
}
