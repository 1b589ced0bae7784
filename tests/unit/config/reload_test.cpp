#include "core/config/reload.hpp"

#include <string>

#include <doctest/doctest.h>

#include "support/fake_environment.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::config;
using test::environment;
using test::find_env;

namespace {

// A serve that was started with a file, which the test then edits.
struct Scene {
  explicit Scene(const std::string& text) { write(text); }
  void write(const std::string& text) { static_cast<void>(dir.write("x.toml", text)); }
  [[nodiscard]] Source source() const {
    return {{"serve", "--config", dir / "x.toml", "--store", "/s"}, &find_env};
  }
  [[nodiscard]] ServeOptions start() const {
    return std::get<ServeOptions>(parse_command_line(source().arguments, &find_env).value());
  }

  test::TempDir dir;
};

}  // namespace

TEST_CASE("what can change is told apart from what takes a restart") {
  environment.clear();
  Scene scene("flush_interval = \"1s\"\n");
  const ServeOptions running = scene.start();
  scene.write("flush_interval = \"2s\"\nlisten = [\"[::1]:1\"]\n[log]\nlevel = \"debug\"\n");
  const Reload change = reload(running, scene.source()).value();
  CHECK(change.options.log_level == LogLevel::debug);
  CHECK(change.options.flush_interval == std::chrono::seconds(1));
  CHECK(change.options.listen == running.listen);
  CHECK(change.options.store == "/s");
  CHECK(change.applied == std::vector<std::string>{"log.level is \"debug\" now, it was \"info\""});
  CHECK(change.refused == std::vector<std::string>{
                              "listen stays [\"127.0.0.1:8080\"], a restart makes it [\"[::1]:1\"]",
                              "flush_interval stays \"1s\", a restart makes it \"2s\""});
}

TEST_CASE("what takes a restart is told again, what was applied is not") {
  environment.clear();
  Scene scene("");
  scene.write("flush_interval = \"2s\"\n[log]\nlevel = \"debug\"\n");
  const Reload first = reload(scene.start(), scene.source()).value();
  // The file was edited before that start: nothing differs.
  CHECK(first.applied.empty());
  CHECK(first.refused.empty());
  scene.write("flush_interval = \"3s\"\n[log]\nlevel = \"error\"\n");
  const Reload second = reload(first.options, scene.source()).value();
  CHECK(second.applied.size() == 1);
  const Reload third = reload(second.options, scene.source()).value();
  CHECK(third.applied.empty());
  CHECK(third.refused == second.refused);
}

TEST_CASE("a line that is taken out is the default again") {
  environment.clear();
  Scene scene("[log]\nlevel = \"debug\"\n");
  const ServeOptions running = scene.start();
  scene.write("");
  const Reload change = reload(running, scene.source()).value();
  CHECK(change.options.log_level == LogLevel::info);
  CHECK(change.applied == std::vector<std::string>{"log.level is \"info\" now, it was \"debug\""});
}

TEST_CASE(
    "flags and variables win over an edited file, and a value that did not change is silent") {
  environment = {{"VELA_LOGS_LOG_LEVEL", "error"}};
  Scene scene("");
  const ServeOptions running = scene.start();
  scene.write("store = \"/other\"\n[log]\nlevel = \"debug\"\n");
  const Reload change = reload(running, scene.source()).value();
  environment.clear();
  CHECK(change.applied.empty());
  CHECK(change.refused.empty());
  CHECK(change.options.log_level == LogLevel::error);
}

TEST_CASE("a file with faults changes nothing and tells all of them") {
  environment.clear();
  Scene scene("");
  const ServeOptions running = scene.start();
  scene.write("listn = 1\n[log]\nlevel = \"loud\"\n");
  const auto change = reload(running, scene.source());
  REQUIRE_FALSE(change.has_value());
  CHECK(change.error().text().find("x.toml:1:1: listn") != std::string::npos);
  CHECK(change.error().text().find("x.toml:3:9: log.level") != std::string::npos);
}
