// SIGKILL of run-step, with the server there and away, then `run-step --resume`.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/run_plan.hpp"
#include "fault/tally.hpp"
#include "fault/watched_step.hpp"

using namespace vela::test;
using namespace vela::fault;

namespace {

constexpr std::size_t kWorkers = 18;
constexpr int kRoundsShort = 1;
constexpr int kRoundsFull = 5;
constexpr std::chrono::seconds kEndCap{90};
// One in three has a child that ends early, so that some die when their output has ended.
constexpr std::size_t kShortLivedEvery = 3;
constexpr std::uint64_t kShortLivedLines = 300;

// A run-step that will die, and a tail that is there all the time.
class Worker {
 public:
  Worker(StepSetup setup, const TempDir& dir, const std::string& spool_dir)
      : setup_(std::move(setup)), record_(dir.write("record" + std::to_string(setup_.number), "")) {
    const std::string log = "octocat/hello/42/steps/" + std::to_string(setup_.number);
    tail_.emplace(ProgramSetup({"tail", "--server", setup_.reader_url, "--raw", log}));
    std::vector<std::string> words{
        "run-step",    "--server", setup_.writer_url, "--log",   log, "--method",
        setup_.method, "-v",       "--spool-dir",     spool_dir, "--"};
    const std::vector<std::string> printer = printer_of(setup_, record_);
    words.insert(words.end(), printer.begin(), printer.end());
    step_.emplace(ProgramSetup(std::move(words)));
  }

  [[nodiscard]] bool has_printed() { return step_->has_printed(); }
  [[nodiscard]] bool has_printed_all() const {
    const std::string printed = read_file(record_);
    return static_cast<std::uint64_t>(std::count(printed.begin(), printed.end(), '\n')) ==
           setup_.lines;
  }
  // False when it had ended by itself.
  bool kill() {
    const bool is_killed = !step_->has_ended();
    step_->signal(SIGKILL);
    // All but what it printed last is in the spool: it is printed, then kept, then more is read.
    const Finished died = step_->wait();
    if (died.arrivals.size() > 1) kept_ = died.arrivals[died.arrivals.size() - 2].end;
    said_ = died.err;
    return is_killed;
  }

  // After a resume: the log has all that was kept and nothing else, and says whether that is all.
  [[nodiscard]] Tally finish(const Server& server) {
    CAPTURE(setup_.number);
    CAPTURE(said_);
    const HttpReply stored =
        server.build("GET", "/steps/" + std::to_string(setup_.number) + "/logs");
    CHECK(stored.header("vela-logs-state") != "running");
    const std::string printed = read_file(record_);
    const std::string_view whole = printed;
    CHECK(stored.body.size() <= whole.size());
    CHECK(stored.body.size() >= kept_);
    Tally tally = compare(whole.substr(0, std::max(stored.body.size(), kept_)), stored.body);
    CHECK(tally.is_exact());
    // Complete is what the child printed to its end; a death before that is not passed over.
    if (stored.header("vela-logs-complete") == "true") CHECK(stored.body.size() == whole.size());
    const Finished shown = tail_->wait(kEndCap);
    CAPTURE(shown.err);
    CHECK(shown.code == (stored.header("vela-logs-complete") == "true" ? 0 : 3));
    const Tally read = compare(stored.body, shown.out);
    CHECK(read.is_exact());
    tally.add_reader(read);
    tally.delays = delays_of(shown);
    return tally;
  }

 private:
  const StepSetup setup_;
  const std::string record_;
  std::optional<Program> tail_;
  std::optional<Program> step_;
  std::size_t kept_ = 0;
  std::string said_;
};

void resume(const Server& server, const std::string& spool_dir) {
  Program again(
      ProgramSetup({"run-step", "--resume", "--server", server.url(), "--spool-dir", spool_dir}));
  const Finished done = again.wait(kEndCap);
  CAPTURE(done.err);
  CHECK(done.code == 0);
}

}  // namespace

TEST_CASE("what a run-step that was killed had taken in arrives by --resume") {
  const TempDir dir;
  const std::string spool_dir = dir / "spool";
  Lot lot("worker kill");
  Server server;
  Tally all;
  std::uint64_t kills = 0;
  int number = 1;
  for (int round = 0; round < (is_full() ? kRoundsFull : kRoundsShort); ++round) {
    std::vector<std::unique_ptr<Worker>> workers;
    for (std::size_t i = 0; i < kWorkers; ++i) {
      StepSetup setup;
      setup.number = number++;
      setup.method = methods()[(i + seed()) % methods().size()];
      setup.writer_url = setup.reader_url = server.url();
      setup.seed = lot.number();
      setup.pause = "4000";
      setup.stop_file = dir / "never";
      if (i % kShortLivedEvery == 0) setup.lines = kShortLivedLines;
      workers.push_back(std::make_unique<Worker>(std::move(setup), dir, spool_dir));
    }
    for (const auto& worker : workers) REQUIRE(eventually([&] { return worker->has_printed(); }));
    for (std::size_t i = 0; i < kWorkers; ++i) {
      // The second half goes on without a server, and dies so; its short-lived children end first.
      if (i == kWorkers / 2) server.kill9();
      if (i >= kWorkers / 2 && i % kShortLivedEvery == 0)
        CHECK(eventually([&] { return workers[i]->has_printed_all(); }));
      sleep_for(lot.between(0, 150));
      if (workers[i]->kill()) ++kills;
    }
    server.start();
    resume(server, spool_dir);
    for (const auto& worker : workers) all.add(worker->finish(server));
  }
  report("SIGKILL of run-step, then --resume", "all", std::move(all), 0, kills);
}
