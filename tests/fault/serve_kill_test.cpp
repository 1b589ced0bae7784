// SIGKILL of serve, again and again, while steps stream and are watched.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/run_plan.hpp"
#include "fault/watched_step.hpp"

using namespace vela::test;
using namespace vela::fault;

namespace {

constexpr int kSteps = 20;
constexpr int kKillsShort = 25;
constexpr int kKillsFull = 220;

}  // namespace

TEST_CASE("no kill of the server costs a byte of 20 steps that stream") {
  const TempDir dir;
  const StopFile stop(dir);
  Lot lot("serve kill");
  Server server;
  std::vector<std::unique_ptr<WatchedStep>> steps;
  for (int i = 0; i < kSteps; ++i) {
    StepSetup setup;
    setup.number = i + 1;
    setup.method = methods()[static_cast<std::size_t>(i) % methods().size()];
    setup.writer_url = setup.reader_url = server.url();
    setup.seed = lot.number();
    setup.pause = "5000";
    setup.stop_file = stop.path();
    steps.push_back(std::make_unique<WatchedStep>(std::move(setup), dir));
  }
  const int kills = is_full() ? kKillsFull : kKillsShort;
  for (int i = 0; i < kills; ++i) {
    // Mostly within a start's recovery or before the first flush; now and then some flushes later.
    sleep_for(lot.between(1, lot.number() % 3 == 0 ? 2500 : 600));
    server.kill9();
    sleep_for(lot.between(0, 100));
    server.start();
  }
  stop.appear();
  Tally all;
  for (const auto& step : steps) all.add(step->finish(server));
  report("SIGKILL of serve, 20 steps", "all", std::move(all), static_cast<std::uint64_t>(kills));
}
