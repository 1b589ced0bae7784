#include "core/hub/retention.hpp"

#include <chrono>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>
#include <spdlog/spdlog.h>

#include "core/async/task_group.hpp"
#include "core/store/memory_store.hpp"
#include "support/await.hpp"
#include "support/log_writer.hpp"

using namespace vela;
using hub::LogHub;
using hub::Retention;
using hub::RetentionReason;
using hub::RetentionSettings;
using test::id_of;

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// A store with ended logs of long ago, a hub and its retention.
class Scene {
 public:
  explicit Scene(int logs) {
    for (int i = 1; i <= logs; ++i) {
      test::LogWriter writer(store, id_of(i));
      writer.commit("", true);
      writer.commit(std::string(100, 'x'));
      writer.seal();
    }
  }
  ~Scene() {
    retention.stop();
    hub.drain();
    hub.stop();
    CHECK(test::await_on(loop, tasks_.join(test::kWaitCap)));
    pool.join();
  }

  void run() {
    tasks_.spawn("hub", hub.run());
    tasks_.spawn("retention", retention.run());
  }
  // Runs the loop until so many passes have ended, well or not.
  void wait_for_passes(std::uint64_t count) {
    const base::SteadyTime give_up = base::steady_now() + test::kWaitCap;
    while (retention.totals().passes + retention.totals().failed_passes < count) {
      REQUIRE(base::steady_now() < give_up);
      loop.restart();
      loop.run_for(10ms);
    }
  }
  bool is_deleted(int number) {
    return store.find(id_of(number)).value()->record.deleted.has_value();
  }

  static RetentionSettings settings() {
    RetentionSettings settings;
    settings.interval = 1h;
    return settings;
  }

  boost::asio::io_context loop;
  boost::asio::thread_pool pool{1};
  store::MemoryStore store;
  LogHub hub{loop.get_executor(), pool, store, 1h};
  Retention retention{loop.get_executor(), pool, store, hub, settings()};

 private:
  async::TaskGroup tasks_{loop.get_executor()};
};

}  // namespace

TEST_CASE("nothing is deleted without a limit; new settings count at once") {
  Scene scene(40);
  scene.run();
  scene.wait_for_passes(1);
  CHECK_FALSE(scene.is_deleted(1));
  RetentionSettings settings = Scene::settings();
  settings.max_bytes = 500;
  scene.retention.change(settings);
  scene.wait_for_passes(2);
  for (int i = 1; i <= 40; ++i) CHECK(scene.is_deleted(i) == (i <= 35));
  const auto& bytes = scene.retention.totals().deleted[2];
  CHECK(bytes.logs == 35);
  CHECK(bytes.bytes == 3500);
  CHECK(scene.retention.totals().deleted[0].logs == 0);
  CHECK(scene.retention.totals().last_pass.has_value());
  CHECK(scene.store.load_facts(0, 100).value().size() == 5);
}

TEST_CASE("a log that somebody writes anew while a pass is under way is not touched by it") {
  Scene scene(1);
  const auto log = test::await_on(scene.loop, scene.hub.open(id_of(1))).value();
  scene.hub.erase(log);
  hub::WriterClaim claim;
  claim.writer = logs::WriterId::make_random();
  REQUIRE_FALSE(scene.hub.claim(log, claim).has_value());
  RetentionSettings settings = Scene::settings();
  settings.max_age = 1h;
  scene.retention.change(settings);
  scene.run();
  scene.wait_for_passes(1);
  CHECK_FALSE(log->live.is_deleted());
  CHECK(scene.retention.totals().deleted[0].logs == 0);
}

TEST_CASE("a pass that the store fails is tried again, and then finishes") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  Scene scene(40);
  RetentionSettings settings = Scene::settings();
  settings.max_age = 1h;
  scene.retention.change(settings);
  scene.store.fail_commits_with(Error(ErrorCode::unavailable, "no space left"));
  scene.run();
  scene.wait_for_passes(1);
  CHECK(scene.retention.totals().failed_passes == 1);
  CHECK_FALSE(scene.is_deleted(1));
  scene.store.fail_commits_with(std::nullopt);
  scene.retention.change(settings);
  scene.wait_for_passes(2);
  for (int i = 1; i <= 40; ++i) CHECK(scene.is_deleted(i));
  spdlog::set_level(level);
}

TEST_CASE("a pass ends at once when the hub drains, what it has begun is stored") {
  Scene scene(100);
  RetentionSettings settings = Scene::settings();
  settings.max_age = 1h;
  scene.retention.change(settings);
  scene.run();
  const base::SteadyTime give_up = base::steady_now() + test::kWaitCap;
  while (scene.retention.totals().deleted[0].logs == 0) {
    REQUIRE(base::steady_now() < give_up);
    scene.loop.restart();
    scene.loop.run_one_for(10ms);
  }
  scene.hub.drain();
  scene.retention.stop();
  scene.wait_for_passes(1);
  CHECK(scene.retention.totals().deleted[0].logs < 100);
}
