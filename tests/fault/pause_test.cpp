// What stands still: a paused server, readers that read nothing, a clock that is set back.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/run_plan.hpp"
#include "fault/watched_step.hpp"

using namespace vela::test;
using namespace vela::fault;
using std::chrono_literals::operator""ms;

namespace {

namespace fs = std::filesystem;

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

// Nothing where it is not unpacked, and for a program that ASan must be loaded into first.
std::optional<std::string> find_faketime() {
#ifdef __SANITIZE_ADDRESS__
  return std::nullopt;
#endif
  std::error_code none;
  for (const auto& entry :
       fs::directory_iterator(std::string(VELA_FAULT_PROXIES) + "/root/usr/lib", none)) {
    const std::string path = entry.path().string() + "/faketime/libfaketimeMT.so.1";
    if (fs::exists(path)) return path;
  }
  return std::nullopt;
}

// While it lives, programs that are started see a wall clock that a file moves; the monotonic clock
// stays as it is.
class MovedClock {
 public:
  MovedClock(const std::string& library, std::string file) : file_(std::move(file)) {
    set("+0");
    ::setenv("LD_PRELOAD", library.c_str(), 1);
    ::setenv("FAKETIME_TIMESTAMP_FILE", file_.c_str(), 1);
    ::setenv("FAKETIME_NO_CACHE", "1", 1);
    ::setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
  }
  ~MovedClock() {
    for (const char* name : {"LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_NO_CACHE",
                             "FAKETIME_DONT_FAKE_MONOTONIC"})
      ::unsetenv(name);
  }
  MovedClock(const MovedClock&) = delete;
  MovedClock& operator=(const MovedClock&) = delete;

  // As libfaketime takes it: "-3600".
  void set(const std::string& offset) const {
    // In one step: a reader never sees half of it.
    std::ofstream(file_ + ".new") << offset << "\n";
    fs::rename(file_ + ".new", file_);
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
  const auto library = find_faketime();
  if (!library) {
    std::printf("SKIP clock set back: libfaketime is not unpacked, or this is an ASan build\n");
    return;
  }
  Crowd crowd("clock set back an hour, and on by a day");
  const MovedClock clock(*library, crowd.dir() / "clock");
  const Server server;
  crowd.start(server, "4000");
  for (const char* offset : {"-3600", "+86400", "+0"}) {
    sleep_for(is_full() ? 5000ms : 1000ms);
    clock.set(offset);
    sleep_for(is_full() ? 5000ms : 1000ms);
    // What the programs see has moved, or nothing would be tested.
    CHECK(shown_hour_offset() == std::stoi(offset) / 3600);
  }
  crowd.finish(server);
}
