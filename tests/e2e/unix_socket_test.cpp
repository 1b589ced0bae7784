// All three commands over a Unix socket.
#include <csignal>
#include <string>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";

}  // namespace

TEST_CASE("a step is written and read over the Unix socket that serve listens on") {
  const TempDir dir;
  const std::string address = "unix:" + (dir / "serve.sock");
  Program serve(ProgramSetup({"serve", "--listen", address, "--store", dir / "x.db"}));

  // Neither a proxy nor a server that is not there yet may keep it from there.
  int number = 0;
  for (const std::string method : {"auto", "websocket"}) {
    CAPTURE(method);
    const std::string log = "octocat/hello/42/steps/" + std::to_string(++number);
    ProgramSetup setup({"run-step", "--server", address, "--log", log, "--method", method, "-v",
                        "--", "seq", "1", "100000"});
    setup.environment = {{"http_proxy", "http://127.0.0.1:1"}, {"all_proxy", "http://127.0.0.1:1"}};
    Program step(std::move(setup));
    const Finished stepped = step.wait();
    CHECK(stepped.code == 0);
    CHECK(stepped.err.find("10 minutes") == std::string::npos);
    const Finished shown = run({"tail", "--server", address, log});
    CHECK(shown.code == 0);
    CHECK(shown.out == stepped.out);
    CHECK(shown.out.ends_with("\n99999\n100000\n"));
  }

  serve.signal(SIGTERM);
  const Finished served = serve.wait();
  CHECK(served.code == 0);
  CHECK(served.out == "listening on " + address + "\n");
}

TEST_CASE("a socket that is not there is named") {
  const Finished shown = run({"tail", "--no-follow", "--server", "unix:/nowhere/serve.sock", kLog});
  CHECK(shown.code == 1);
  CHECK(shown.err.find("unix:/nowhere/serve.sock") != std::string::npos);
}
