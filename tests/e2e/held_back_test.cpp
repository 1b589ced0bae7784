// Reading where something on the way holds open answers back or cuts them.
#include <string>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "support/answer_proxy.hpp"
#include "support/program.hpp"
#include "support/server.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";

void append(const Server& server, std::size_t offset, const std::string& bytes,
            const std::string& more = "") {
  const std::string path = "/steps/1/logs?offset=" + std::to_string(offset) + more;
  CHECK(server.build("PATCH", path, bytes).status == 200);
}

// The parameters that end a log of which these are all bytes.
std::string seal_of(const std::string& bytes) {
  vela::base::Sha256 digest;
  digest.update(bytes);
  return "&final=1&length=" + std::to_string(bytes.size()) + "&sha256=" + digest.hex_digest();
}

void run_step(const Server& server, const std::string& number, const std::string& name,
              const std::string& output) {
  const Finished step = run({"run-step", "--server", server.url(), "--log",
                             "octocat/hello/42/steps/" + number, "--name", name, "--quiet"},
                            output);
  CHECK(step.code == 0);
}

}  // namespace

TEST_CASE("where open answers are held back, lines come by long polls while the step runs") {
  const Server server;
  const AnswerProxy proxy(server.port(), AnswerProxy::Fault::holds);
  append(server, 0, "one\n");
  Program follower(ProgramSetup({"tail", "--server", proxy.url(), kLog}));
  REQUIRE(eventually([&] { return follower.has_printed("one\n"); }));
  CHECK(follower.has_said("holds live output back"));
  // It waits for more, in answers that are whole.
  REQUIRE(eventually([&] { return proxy.whole_answers() >= 1; }));
  append(server, 4, "two\n");
  REQUIRE(eventually([&] { return follower.has_printed("one\ntwo\n"); }));
  append(server, 8, "three\n", seal_of("one\ntwo\nthree\n"));
  const Finished shown = follower.wait();
  CHECK(shown.code == 0);
  CHECK(shown.out == "one\ntwo\nthree\n");
  CHECK(proxy.open_answers() == 1);
}

TEST_CASE("polls bring bytes exactly, and the step's exit code") {
  const Server server;
  const AnswerProxy proxy(server.port(), AnswerProxy::Fault::holds);
  const std::string bytes("\xff\0\xc3\r\x1b[2J\n", 9);
  append(server, 0, bytes);
  Program raw(ProgramSetup({"tail", "--server", proxy.url(), "--raw", "--exit-status", kLog}));
  REQUIRE(eventually([&] { return raw.has_printed(bytes); }));
  append(server, 9, "end", seal_of(bytes + "end") + "&status=failure&exit_code=5");
  const Finished shown = raw.wait();
  CHECK((shown.out == bytes + "end"));
  CHECK(shown.code == 5);
}

TEST_CASE("what there is of a running log is shown through a path that holds back") {
  const Server server;
  const AnswerProxy proxy(server.port(), AnswerProxy::Fault::holds);
  append(server, 0, "one\ntwo\n");
  const Finished shown = run({"tail", "--server", proxy.url(), "--no-follow", "-n", "1", kLog});
  CHECK(shown.code == 0);
  CHECK(shown.out == "two\n");
  CHECK(shown.err.empty());
}

TEST_CASE("a build is followed by long polls to its end, new steps too") {
  const Server server;
  const AnswerProxy proxy(server.port(), AnswerProxy::Fault::holds);
  Program follower(ProgramSetup({"tail", "--server", proxy.url(), "octocat/hello/42"}));
  REQUIRE(eventually([&] { return follower.has_said("waiting for it"); }));
  run_step(server, "1", "build", "built\n");
  REQUIRE(eventually([&] { return follower.has_printed("[build] built\n"); }));
  run_step(server, "2", "check", "checked\n");
  CHECK(server.build("POST", "/end").status == 200);
  const Finished shown = follower.wait();
  CHECK(shown.code == 0);
  CHECK(shown.out == "[build] built\n[check] checked\n");
}

TEST_CASE("a download that is cut and ends cleanly is not the end of the log") {
  const Server server;
  const AnswerProxy proxy(server.port(), AnswerProxy::Fault::truncates, 3000);
  std::string expected;
  for (int i = 1; i <= 60; ++i) {
    const std::string line = "line " + std::to_string(i) + "\n";
    append(server, expected.size(), line);
    expected += line;
  }
  Program follower(ProgramSetup({"tail", "--server", proxy.url(), kLog}));
  REQUIRE(eventually([&] { return follower.has_printed("line 60\n"); }));
  append(server, expected.size(), "", seal_of(expected));
  const Finished shown = follower.wait();
  CHECK(shown.code == 0);
  CHECK(shown.out == expected);
  CHECK(proxy.open_answers() > 2);
}
