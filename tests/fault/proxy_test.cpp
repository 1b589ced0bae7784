// Through real proxies: in the configuration a person would write, with time limits of 2 s, and as
// docs/operations.md advises. Writers and readers are behind the same proxy, all at once.
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

#include "fault/long_poll_reader.hpp"
#include "fault/real_proxy.hpp"
#include "fault/run_plan.hpp"
#include "fault/watched_step.hpp"

using namespace vela::test;
using namespace vela::fault;

namespace {

constexpr std::chrono::seconds kPollCap{90};

// What the child prints.
struct Traffic {
  std::string name;
  std::string pause;
  std::uint64_t lines;
};

// The pipeline that lost its log when Vela streamed, scaled down; a busy step; a burst that is
// larger than what nginx lets pass in one request.
std::vector<Traffic> make_traffic() {
  return {
      {"sleep 3; echo", "=3000000", is_full() ? 20U : 4U},
      {"a line each 20 ms", "=20000", is_full() ? 3000U : 300U},
      {"4 MB at once", "0", 30'000},
  };
}

class Scene {
 public:
  Scene(std::string name, const std::vector<std::string>& names, const Traffic& traffic,
        const std::string& url, int& next_number, const TempDir& dir)
      : name_(std::move(name)) {
    Lot lot(name_);
    for (const std::string& method : names) {
      StepSetup setup;
      setup.number = next_number++;
      setup.method = method;
      setup.writer_url = setup.reader_url = url;
      setup.seed = lot.number();
      setup.pause = traffic.pause;
      setup.lines = traffic.lines;
      setup.stop_file = dir / "never";
      polls_.push_back(std::make_unique<LongPollReader>(url, setup.number));
      steps_.push_back(std::make_unique<WatchedStep>(std::move(setup), dir));
      methods_ += (methods_.empty() ? "" : " ") + method;
    }
  }
  void finish(const Server& server) {
    CAPTURE(name_);
    Tally all;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      all.add(steps_[i]->finish(server));
      const Tally polled = compare(steps_[i]->printed(), polls_[i]->wait(kPollCap).out);
      CHECK(polled.is_exact());
      all.add_reader(polled);
    }
    report(name_, methods_, std::move(all));
  }

 private:
  const std::string name_;
  std::string methods_;
  std::vector<std::unique_ptr<LongPollReader>> polls_;
  std::vector<std::unique_ptr<WatchedStep>> steps_;
};

// One kind after the other, so that delays are those of the proxy and not of a crowd.
void run_behind(const ProxyKind& kind, std::size_t index) {
  const TempDir dir;
  const Server server;
  std::vector<std::unique_ptr<RealProxy>> proxies;
  std::vector<std::unique_ptr<Scene>> scenes;
  int next_number = 1;
  for (const ProxySetup setup : kProxySetups) {
    const auto site = find_site(kind, setup);
    if (!site) continue;
    proxies.push_back(std::make_unique<RealProxy>(kind, *site, server.port()));
    for (const Traffic& traffic : make_traffic()) {
      const std::string name = kind.name + ", " + std::string(name_of(setup)) + ": " + traffic.name;
      scenes.push_back(std::make_unique<Scene>(name, methods_of(index++), traffic,
                                               proxies.back()->url(), next_number, dir));
    }
  }
  for (const auto& scene : scenes) scene->finish(server);
}

void run_behind(const std::string& name) {
  const auto& kinds = proxy_kinds();
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].name != name) continue;
    if (find_binary(kinds[i])) return run_behind(kinds[i], i);
    std::printf("SKIP %s: not installed, and scripts/proxies.sh has not unpacked it\n",
                name.c_str());
  }
}

}  // namespace

// The row of the table says how late; nothing is asserted on time.
TEST_CASE("nginx as a person writes it is passed line by line, for a trial shows that it buffers") {
  const ProxyKind& nginx = proxy_kinds().front();
  if (!find_binary(nginx)) return;
  const TempDir dir;
  const Server server;
  const RealProxy proxy(nginx, nginx.written, server.port());
  int number = 1;
  const Traffic traffic{"", "=20000", 300};
  Scene alone("nginx, as written: one step alone", {"auto"}, traffic, proxy.url(), number, dir);
  alone.finish(server);
}

TEST_CASE("each proxy passes WebSockets as documented, and where one does not, appends go") {
  int number = 0;
  for (const ProxyKind& kind : proxy_kinds()) {
    if (!find_binary(kind)) continue;
    for (const ProxySetup setup : {ProxySetup::written, ProxySetup::documented}) {
      const std::string name = kind.name + " " + std::string(name_of(setup));
      CAPTURE(name);
      const Server server;
      const RealProxy proxy(kind, find_site(kind, setup).value(), server.port());
      const std::string log = "octocat/hello/42/steps/" + std::to_string(++number);
      Program step(ProgramSetup({"run-step", "--server", proxy.url(), "--log", log, "--method",
                                 "websocket", "-v", "--", "sh", "-c", "sleep 3; seq 1 100000"}));
      const Finished finished = step.wait();
      CAPTURE(finished.err);
      const bool passes = finished.err.find("output goes down a WebSocket") != std::string::npos;
      const bool is_passer = kind.name == "haproxy" || kind.name == "caddy";
      CHECK(passes == (is_passer || setup == ProxySetup::documented));
      const bool falls_back =
          finished.err.find("output goes in short appends") != std::string::npos;
      CHECK(falls_back != passes);
      CHECK(server.build("GET", "/steps/" + std::to_string(number) + "/logs").body == finished.out);
    }
  }
}

TEST_CASE("behind nginx nothing is lost, repeated or reordered") { run_behind("nginx"); }
TEST_CASE("behind haproxy nothing is lost, repeated or reordered") { run_behind("haproxy"); }
TEST_CASE("behind varnish nothing is lost, repeated or reordered") { run_behind("varnish"); }
TEST_CASE("behind caddy nothing is lost, repeated or reordered") { run_behind("caddy"); }
TEST_CASE("behind apache nothing is lost, repeated or reordered") { run_behind("apache"); }
