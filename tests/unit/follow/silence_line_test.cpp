#include "core/follow/silence_line.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela::follow;
using vela::base::SteadyTime;
using vela::logs::LogId;
using vela::logs::LogState;

namespace {

const LogId kBuild = LogId::parse("octocat/hello/42/steps/1").value();
const LogId kTest = LogId::parse("octocat/hello/42/steps/2").value();

struct Scene {
  Scene() { line.name_log(kBuild, "step"); }

  void state(LogState state, std::chrono::milliseconds silent,
             std::chrono::milliseconds writer_seen = 0ms, const LogId& log = kBuild) {
    StateChange change;
    change.log = log;
    change.state = state;
    change.silent = silent;
    change.writer_seen = writer_seen;
    line.on_state(change, now);
  }
  std::string text() const { return line.text(now); }

  SteadyTime now{1000s};
  SilenceLine line;
};

}  // namespace

TEST_CASE("a running step's silence is told from 10 s on, each second") {
  Scene scene;
  CHECK_FALSE(scene.line.due(scene.now));
  scene.state(LogState::running, 0ms);
  CHECK(scene.text().empty());
  CHECK(scene.line.due(scene.now) == scene.now + 10s);
  scene.now += 10s;
  CHECK(scene.text() == "— no output for 10s, step is running —");
  CHECK(scene.line.due(scene.now) == scene.now + 1s);
  scene.line.on_output(kBuild, scene.now);
  CHECK(scene.text().empty());
}

TEST_CASE("who comes late to a silent step learns how long it has been so") {
  Scene scene;
  scene.state(LogState::running, 65s, 3s);
  CHECK(scene.text() == "— no output for 1m05s, step is running —");
  CHECK(format_silence(3720s) == "1h02m");
}

TEST_CASE("a silence of the worker or the server is no silence of the step") {
  Scene scene;
  scene.state(LogState::running, 65s, 26s);
  CHECK(scene.text() == "— no output for 1m05s, its worker is not heard for 26s —");
  scene.state(LogState::lost, 65s, 61s);
  CHECK(scene.text() == "— no output for 1m05s, its worker is not heard for 1m01s —");
  scene.state(LogState::running, 65s, 1s);
  CHECK(scene.text() == "— no output for 1m05s, step is running —");
  scene.now += 30s;
  CHECK(scene.text() == "— no output for 1m35s, the server is not heard for 30s —");
}

TEST_CASE("of a build the shortest silence counts, over the logs that run") {
  Scene scene;
  scene.line.name_log(kTest, "[test]");
  scene.state(LogState::running, 65s);
  scene.state(LogState::running, 20s, 0ms, kTest);
  CHECK(scene.text() == "— no output for 20s, 2 logs are running —");
  scene.state(LogState::lost, 65s, 60s);
  CHECK(scene.text() == "— no output for 20s, 2 logs are running, 1 of their workers not heard —");
  scene.state(LogState::sealed, 0ms);
  CHECK(scene.text() == "— no output for 20s, [test] is running —");
  scene.state(LogState::sealed, 0ms, 0ms, kTest);
  CHECK(scene.text().empty());
  CHECK_FALSE(scene.line.due(scene.now));
}
