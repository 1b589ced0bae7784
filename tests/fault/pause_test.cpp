// What stands still: a paused server, readers that read nothing, a clock that is set back.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/unique_fd.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/run_plan.hpp"
#include "fault/watched_step.hpp"

using namespace vela;
using namespace vela::test;
using namespace vela::fault;
using std::chrono_literals::operator""ms;

namespace {

// A step for each method.
class Crowd {
 public:
  explicit Crowd(const std::string& scenario) : scenario_(scenario), lot_(scenario), stop_(dir_) {}

  void start(const Server& server, const std::string& pause) {
    for (const std::string& method : methods()) {
      StepSetup setup;
      setup.number = static_cast<int>(steps_.size()) + 1;
      setup.method = method;
      setup.writer_url = setup.reader_url = server.url();
      setup.seed = lot_.number();
      setup.pause = pause;
      setup.stop_file = stop_.path();
      steps_.push_back(std::make_unique<WatchedStep>(std::move(setup), dir_));
    }
  }
  void finish(const Server& server) {
    stop_.appear();
    Tally all;
    for (const auto& step : steps_) all.add(step->finish(server));
    report(scenario_, "all", std::move(all));
  }
  [[nodiscard]] const TempDir& dir() const { return dir_; }

 private:
  const std::string scenario_;
  const TempDir dir_;
  Lot lot_;
  const StopFile stop_;
  std::vector<std::unique_ptr<WatchedStep>> steps_;
};

// While it lives, programs that are started see a wall clock that a file moves; the monotonic clock
// stays as it is.
class MovedClock {
 public:
  explicit MovedClock(std::string file) : file_(std::move(file)) {
    set(0);
    ::setenv("LD_PRELOAD", VELA_MOVED_CLOCK, 1);
    ::setenv("VELA_TEST_MOVED_CLOCK", file_.c_str(), 1);
  }
  ~MovedClock() {
    for (const char* name : {"LD_PRELOAD", "VELA_TEST_MOVED_CLOCK"}) ::unsetenv(name);
  }
  MovedClock(const MovedClock&) = delete;
  MovedClock& operator=(const MovedClock&) = delete;

  // In one write and in place: the programs have the file mapped.
  void set(std::int64_t seconds) const {
    const base::UniqueFd fd(::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::pwrite(fd.get(), &seconds, sizeof(seconds), 0) == sizeof(seconds));
  }

 private:
  const std::string file_;
};

// By how many hours the clock of a program that starts now is off.
int shown_hour_offset() {
  ProgramSetup setup({"+%s"});
  setup.program = "/bin/date";
  Program date(std::move(setup));
  const long long shown = std::stoll(date.wait().out);
  return static_cast<int>((shown - ::time(nullptr) + (shown > ::time(nullptr) ? 30 : -30)) / 3600);
}

}  // namespace

TEST_CASE("a server that is paused for seconds costs nothing but time") {
  Crowd crowd("SIGSTOP of serve");
  const Server server;
  crowd.start(server, "4000");
  for (int round = 0; round < (is_full() ? 3 : 1); ++round) {
    sleep_for(1000ms);
    ::kill(server.pid(), SIGSTOP);
    sleep_for(is_full() ? 10'000ms : 3000ms);
    ::kill(server.pid(), SIGCONT);
  }
  sleep_for(1000ms);
  crowd.finish(server);
}

TEST_CASE("readers that read nothing hold up neither writers nor other readers") {
  constexpr int kIdleReaders = 40;
  Crowd crowd("40 readers that read nothing");
  const Server server;
  std::vector<std::unique_ptr<Program>> idle;
  for (int i = 0; i < kIdleReaders; ++i) {
    const std::string log =
        "octocat/hello/42/steps/" + std::to_string(i % static_cast<int>(methods().size()) + 1);
    idle.push_back(
        std::make_unique<Program>(ProgramSetup({"tail", "--server", server.url(), "--raw", log})));
  }
  crowd.start(server, "100");
  // Once they have begun they do nothing any more, and what is sent to them fills their sockets.
  for (const auto& reader : idle) CHECK(eventually([&] { return reader->has_printed(); }));
  for (const auto& reader : idle) reader->signal(SIGSTOP);
  sleep_for(is_full() ? 20'000ms : 4000ms);
  crowd.finish(server);
}

TEST_CASE("a wall clock that is set back and forth changes nothing in a log") {
#ifdef __SANITIZE_ADDRESS__
  std::printf("SKIP clock set back: ASan must be loaded before anything that is preloaded\n");
  return;
#endif
  Crowd crowd("clock set back an hour, and on by a day");
  const MovedClock clock(crowd.dir() / "clock");
  const Server server;
  crowd.start(server, "4000");
  for (const int offset : {-3600, 86400, 0}) {
    sleep_for(is_full() ? 5000ms : 1000ms);
    clock.set(offset);
    sleep_for(is_full() ? 5000ms : 1000ms);
    // What the programs see has moved, or nothing would be tested.
    CHECK(shown_hour_offset() == offset / 3600);
  }
  crowd.finish(server);
}
