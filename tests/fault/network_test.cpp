// Networks that cut, lose, stall, slow down, delay and hold back, between the server and its
// writers and readers. All troubles go on at once, each with a proxy and steps of its own.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/chaos_proxy.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/long_poll_reader.hpp"
#include "fault/run_plan.hpp"
#include "fault/watched_step.hpp"

using namespace vela::test;
using namespace vela::fault;
using std::chrono_literals::operator""ms;

namespace {

constexpr auto kTick = 100ms;
constexpr int kTicksShort = 80;
constexpr int kTicksFull = 600;
constexpr std::chrono::seconds kPollCap{90};

// How the network behaves; called each tick.
using Script = std::function<void(ChaosProxy&, Lot&, int tick)>;

// Bad for the first half of every `period` ticks.
Script alternate(int period, Weather bad) {
  return [period, bad](ChaosProxy& proxy, Lot&, int tick) {
    if (tick % period == 0) proxy.set(bad);
    if (tick % period == period / 2) proxy.set(Weather());
  };
}

Script always(Weather weather) {
  return [weather](ChaosProxy& proxy, Lot&, int tick) {
    if (tick == 0) proxy.set(weather);
  };
}

void reset_now_and_then(ChaosProxy& proxy, Lot& lot, int) {
  if (lot.number() % 3 == 0) proxy.reset_all();
}

struct Trouble {
  std::string name;
  std::string pause;  // of the printer, in microseconds
  Script script;
};

std::vector<Trouble> make_troubles() {
  Weather half_open;
  half_open.flow = Weather::Flow::drop;
  Weather stalled;
  stalled.flow = Weather::Flow::stall;
  Weather slow;
  slow.bytes_per_second = 1024;
  Weather late;
  late.delay = 150ms;
  Weather holds_requests;
  holds_requests.holds_requests = true;
  Weather holds_responses;
  holds_responses.holds_responses = true;
  return {
      {"connections reset", "4000", reset_now_and_then},
      {"half-open: packets dropped", "4000", alternate(40, half_open)},
      {"stalled for 2 s", "4000", alternate(40, stalled)},
      {"1 KB/s each way", "50000", always(slow)},
      {"150 ms late each way", "4000", always(late)},
      {"requests held until their end", "4000", always(holds_requests)},
      {"responses held until their end", "4000", always(holds_responses)},
  };
}

// What suffers one trouble: a step for each method, its tail, and a long poll beside it.
class Scene {
 public:
  Scene(Trouble trouble, std::size_t index, const Server& server, const TempDir& dir,
        const StopFile& stop)
      : trouble_(std::move(trouble)), lot_(trouble_.name), proxy_(server.port()) {
    int number = static_cast<int>(index * methods().size()) + 1;
    tick(0);  // before the first byte
    for (const std::string& method : methods_of(index)) {
      StepSetup setup;
      setup.number = number++;
      setup.method = method;
      setup.writer_url = proxy_.url();
      setup.reader_url = proxy_.url();
      setup.seed = lot_.number();
      setup.pause = trouble_.pause;
      setup.stop_file = stop.path();
      polls_.push_back(std::make_unique<LongPollReader>(proxy_.url(), setup.number));
      steps_.push_back(std::make_unique<WatchedStep>(std::move(setup), dir));
    }
  }
  void tick(int tick) { trouble_.script(proxy_, lot_, tick); }
  void calm_down() { proxy_.set(Weather()); }
  void finish(const Server& server) {
    Tally all;
    std::string used;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      CAPTURE(trouble_.name);
      all.add(steps_[i]->finish(server));
      const Tally polled = compare(steps_[i]->printed(), polls_[i]->wait(kPollCap).out);
      CHECK(polled.is_exact());
      all.add_reader(polled);
      used += (used.empty() ? "" : " ") + steps_[i]->setup().method;
    }
    CHECK(proxy_.connections_seen() > 0);
    report("network: " + trouble_.name, used, std::move(all));
  }

 private:
  const Trouble trouble_;
  Lot lot_;
  ChaosProxy proxy_;
  std::vector<std::unique_ptr<LongPollReader>> polls_;
  std::vector<std::unique_ptr<WatchedStep>> steps_;
};

}  // namespace

TEST_CASE("no trouble of the network costs, repeats or reorders a byte") {
  const TempDir dir;
  const StopFile stop(dir);
  const Server server;
  std::vector<std::unique_ptr<Scene>> scenes;
  for (Trouble& trouble : make_troubles())
    scenes.push_back(std::make_unique<Scene>(std::move(trouble), scenes.size(), server, dir, stop));
  const int ticks = is_full() ? kTicksFull : kTicksShort;
  for (int tick = 1; tick < ticks; ++tick) {
    for (const auto& scene : scenes) scene->tick(tick);
    sleep_for(kTick);
  }
  stop.appear();
  for (const auto& scene : scenes) scene->calm_down();
  for (const auto& scene : scenes) scene->finish(server);
}
