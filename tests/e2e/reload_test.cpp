// SIGHUP makes serve read its configuration again.
#include <csignal>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/supervisor_socket.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

// A serve with a file that is edited while it runs, below a service manager that hears it.
struct Scene {
  explicit Scene(const std::string& text) : manager(dir / "notify"), path(write(text)) {
    ProgramSetup setup(
        {"serve", "--config", path, "--listen", "127.0.0.1:0", "--store", dir / "x.db"});
    setup.environment = {{"NOTIFY_SOCKET", dir / "notify"}};
    serve.emplace(std::move(setup));
    CHECK(manager.receive().starts_with("READY=1"));
  }
  std::string write(const std::string& text) const { return dir.write("x.toml", text); }
  // Until serve says that it is through with it.
  void reload() {
    serve->signal(SIGHUP);
    CHECK(manager.receive().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK(manager.receive().starts_with("READY=1"));
  }

  TempDir dir;
  SupervisorSocket manager;
  const std::string path;
  std::optional<Program> serve;
};

}  // namespace

TEST_CASE("what can change does, and what takes a restart is named") {
  Scene scene("");
  scene.write("flush_interval = \"2s\"\n[log]\nlevel = \"debug\"\n[shutdown]\ngrace = \"2s\"\n");
  scene.reload();
  for (const std::string said :
       {"reloaded: log.level is \"debug\" now, it was \"info\"",
        "reloaded: shutdown.grace is \"2s\" now, it was \"1s\"",
        "not reloaded: flush_interval stays \"1s\", a restart makes it \"2s\""})
    CHECK(eventually([&] { return scene.serve->has_said(said); }));
  scene.write("[log]\nlevel = \"error\"\n");
  scene.reload();
  scene.serve->signal(SIGTERM);
  const Finished finished = scene.serve->wait();
  CHECK(finished.code == 0);
  // Nothing of that level is said any more.
  CHECK(finished.err.find("shutting down") == std::string::npos);
}

TEST_CASE("a file with faults changes nothing, and serve goes on") {
  Scene scene("[log]\nlevel = \"info\"\n");
  scene.write("[log]\nlevel = \"loud\"\nfromat = \"json\"\n");
  scene.reload();
  CHECK(eventually([&] { return scene.serve->has_said("did you mean log.format?"); }));
  // A message for each.
  for (const std::string& place : {scene.path + ":2:9: ", scene.path + ":3:1: "})
    CHECK(eventually(
        [&] { return scene.serve->has_said("not reloaded, all stays as it was: " + place); }));
  scene.serve->signal(SIGTERM);
  const Finished finished = scene.serve->wait();
  CHECK(finished.code == 0);
  CHECK(finished.err.find("shutting down") != std::string::npos);
}
