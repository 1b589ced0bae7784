#include "core/hub/log_hub.hpp"

#include <array>
#include <chrono>
#include <numeric>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include "core/async/task_group.hpp"
#include "core/store/memory_store.hpp"
#include "support/await.hpp"

using namespace vela;
using hub::HubLimits;
using hub::HubLogPtr;
using hub::LogHub;
using hub::WriterClaim;

namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr std::size_t kMiB = 1024 * 1024;
const logs::WriterId kWriter = logs::WriterId::parse("0123456789abcdef0123456789abcdef").value();

async::Awaitable<bool> wait_stored(LogHub& hub, HubLogPtr log) {
  const logs::Offset until = log->live.received();
  co_await hub.wait_stored(log, until, test::kWaitCap);
  co_return log->live.durable() == until;
}

async::Awaitable<bool> wait_commit(HubLogPtr log) { co_return co_await log->stored.wait(); }

async::Awaitable<bool> wait_for_room(LogHub& hub, HubLogPtr log) {
  co_await hub.wait_for_room(log, test::kWaitCap);
  co_return !hub.is_full(*log);
}

std::uint64_t count_of(const base::Histogram& histogram) {
  return std::accumulate(histogram.counts().begin(), histogram.counts().end(), std::uint64_t{0});
}

// A hub that flushes only when somebody waits or much is pending, on a store that can be told to
// fail. run() begins when the test says so.
class HubScene {
 public:
  explicit HubScene(HubLimits limits = {})
      : hub(loop.get_executor(), pool, store, 1h, limits), tasks_(loop.get_executor()) {}
  ~HubScene() {
    hub.drain();
    hub.stop();
    CHECK(test::await_on(loop, tasks_.join(test::kWaitCap)));
    pool.join();
  }

  void run() { tasks_.spawn("hub", hub.run()); }
  HubLogPtr begin_log(int number) {
    auto log = test::await_on(loop, hub.open({{"octocat", "hello", 42},
                                              logs::LogKind::step,
                                              static_cast<std::uint16_t>(number)}));
    WriterClaim claim;
    claim.writer = kWriter;
    REQUIRE_FALSE(hub.claim(*log, claim).has_value());
    return *log;
  }
  void write(const HubLogPtr& log, const std::string& bytes) {
    const logs::Offset at = log->live.received();
    REQUIRE_FALSE(
        hub.place(log, kWriter, at, bytes, {{0, base::wall_now(), logs::Stream::out}}).has_value());
  }

  boost::asio::io_context loop;
  boost::asio::thread_pool pool{1};
  store::MemoryStore store;
  LogHub hub;

 private:
  async::TaskGroup tasks_;
};

}  // namespace

TEST_CASE("what has to wait is stored in several commits, the oldest first") {
  HubScene scene;
  std::vector<HubLogPtr> logs;
  for (int i = 1; i <= 3; ++i) {
    logs.push_back(scene.begin_log(i));
    scene.write(logs.back(), std::string(6 * kMiB, 'x'));
  }
  scene.run();
  for (const HubLogPtr& log : logs) {
    CHECK(test::await_on(scene.loop, wait_stored(scene.hub, log)));
    CHECK(scene.store.commits() <= logs.size());
  }
  CHECK(scene.store.commits() == logs.size());
}

TEST_CASE(
    "what writers do is counted: new bytes, repeated ones, takeovers and refusals by reason") {
  HubScene scene;
  const HubLogPtr log = scene.begin_log(1);
  scene.write(log, "hello");
  const std::vector<logs::TimeMark> marks{{0, base::wall_now(), logs::Stream::out}};
  CHECK_FALSE(scene.hub.place(log, kWriter, 2, "llo world", marks).has_value());
  CHECK(scene.hub.place(log, kWriter, 99, "x", marks) == hub::Refusal::gap);
  WriterClaim other;
  other.writer = logs::WriterId::make_random();
  CHECK(scene.hub.claim(log, other) == hub::Refusal::other_writer);
  other.takeover = kWriter;
  other.force = true;
  CHECK_FALSE(scene.hub.claim(log, other).has_value());
  CHECK(scene.hub.place(log, kWriter, 11, "x", marks) == hub::Refusal::replaced);

  const hub::HubCounts& counts = scene.hub.counts();
  CHECK(counts.received_bytes == 11);
  CHECK(counts.repeated_bytes == 3);
  CHECK(counts.repeated_writes == 1);
  CHECK(counts.takeovers == 1);
  CHECK(counts.refusals == std::array<std::uint64_t, 6>{1, 1, 1, 0, 0, 0});
  CHECK(counts.returned_writers == 0);
  CHECK(scene.hub.facts().live_logs == 1);
  CHECK(scene.hub.facts().pending_bytes == log->live.unstored_cost());
  CHECK(scene.hub.facts().kept_bytes == 0);
}

TEST_CASE("a writer that was lost and comes back is counted once") {
  HubScene scene;
  const HubLogPtr log = scene.begin_log(1);
  scene.hub.release(log, kWriter);
  REQUIRE(log->live.check_liveness(base::steady_now() + 2min));
  REQUIRE(log->live.state() == logs::LogState::lost);
  CHECK(scene.hub.counts().returned_writers == 0);
  WriterClaim claim;
  claim.writer = kWriter;
  CHECK_FALSE(scene.hub.claim(log, claim).has_value());
  scene.write(log, "hello");
  CHECK(scene.hub.counts().returned_writers == 1);
}

TEST_CASE("commits are counted with their size, and lag from the oldest byte of each log") {
  HubScene scene;
  const HubLogPtr first = scene.begin_log(1);
  const HubLogPtr second = scene.begin_log(2);
  scene.write(first, std::string(1000, 'x'));
  scene.write(first, std::string(500, 'x'));
  const HubLogPtr empty = scene.begin_log(3);
  scene.store.fail_commits_with(Error(ErrorCode::unavailable, "no space left"));
  scene.hub.hurry();
  scene.run();
  REQUIRE(test::await_on(scene.loop, wait_commit(first)));
  const hub::HubCounts& counts = scene.hub.counts();
  CHECK(counts.failed_flushes == 1);
  CHECK(count_of(counts.flush_time) == 1);
  CHECK(count_of(counts.flush_bytes) == 0);
  CHECK(count_of(counts.received_to_durable) == 0);
  scene.store.fail_commits_with(std::nullopt);
  CHECK(test::await_on(scene.loop, wait_stored(scene.hub, first)));
  CHECK(count_of(counts.flush_time) == 2);
  CHECK(count_of(counts.flush_bytes) == 1);
  CHECK(counts.flush_bytes.sum() == 1500);
  // One of three logs had bytes; its wait includes the commit that failed, and the pause after it.
  CHECK(count_of(counts.received_to_durable) == 1);
  CHECK(counts.received_to_durable.sum() >= 1'000'000);
  CHECK(count_of(counts.acknowledgement_wait) == 1);
  CHECK(scene.hub.store_facts().committed_bytes == 1500);
}

TEST_CASE("a writer's clock is put right before its times are compared with ours") {
  HubScene scene;
  const HubLogPtr log = scene.begin_log(1);
  scene.write(log, "before it told its clock");
  const hub::HubCounts& counts = scene.hub.counts();
  CHECK(count_of(counts.written_to_received) == 0);
  // Its clock is 7 minutes ahead, and its answers take no time.
  WriterClaim claim;
  claim.writer = kWriter;
  claim.clock.emplace();
  claim.clock->arrived = base::wall_now();
  claim.clock->sent = claim.clock->arrived + 420s;
  REQUIRE_FALSE(scene.hub.claim(log, claim).has_value());
  const base::WallTime written = base::wall_now() + 420s - 3s;
  const logs::Offset at = log->live.received();
  // The first half was there before: its older mark says nothing of this piece.
  const std::vector<logs::TimeMark> marks{{0, written - 1h, logs::Stream::out},
                                          {5, written, logs::Stream::out}};
  REQUIRE_FALSE(scene.hub.place(log, kWriter, at - 5, "clocknew", marks).has_value());
  CHECK(count_of(counts.written_to_received) == 1);
  CHECK(counts.written_to_received.sum() >= 3'000'000);
  CHECK(counts.written_to_received.sum() < 60'000'000);
}

TEST_CASE("many small logs share one commit") {
  HubScene scene;
  std::vector<HubLogPtr> logs;
  for (int i = 1; i <= 100; ++i) {
    logs.push_back(scene.begin_log(i));
    scene.write(logs.back(), "hello");
  }
  scene.run();
  for (const HubLogPtr& log : logs) CHECK(test::await_on(scene.loop, wait_stored(scene.hub, log)));
  CHECK(scene.store.commits() == 1);
}

TEST_CASE("a commit that does not come to an end is a fault after ten seconds, and then none") {
  HubScene scene;
  const HubLogPtr log = scene.begin_log(1);
  scene.write(log, std::string(5 * kMiB, 'x'));
  scene.store.hold_commits(true);
  scene.run();
  scene.loop.restart();
  const base::SteadyTime cap = base::steady_now() + test::kWaitCap;
  while (!scene.store.is_holding_commit() && base::steady_now() < cap) scene.loop.run_one_for(10ms);
  const base::SteadyTime now = base::steady_now();
  const auto soon = scene.hub.fault(now + 9s);
  const auto late = scene.hub.fault(now + 11s);
  const auto stuck = scene.hub.stuck_for(now + 11s);
  scene.store.hold_commits(false);
  CHECK(stuck >= 11s);
  CHECK(stuck < 11s + test::kWaitCap);
  CHECK_FALSE(soon.has_value());
  CHECK(late == "the store has not answered for 11 s");
  CHECK(test::await_on(scene.loop, wait_stored(scene.hub, log)));
  CHECK_FALSE(scene.hub.fault(base::steady_now() + 11s).has_value());
  CHECK(scene.hub.stuck_for(base::steady_now() + 11s) == 0s);
}

TEST_CASE("what is due and not begun is stuck, and waiting until it is due is not") {
  HubScene scene;
  CHECK(scene.hub.stuck_for(base::steady_now() + 2h) == 0s);
  const base::SteadyTime before = base::steady_now();
  const HubLogPtr log = scene.begin_log(1);
  scene.write(log, "hello");
  CHECK(scene.hub.stuck_for(before + 1h) == 0s);  // the scene's flush interval
  CHECK(scene.hub.stuck_for(base::steady_now() + 1h + 1min) >= 1min);
  scene.run();
  CHECK(test::await_on(scene.loop, wait_stored(scene.hub, log)));
  CHECK(scene.hub.stuck_for(base::steady_now() + 2h) == 0s);
}

TEST_CASE("a store that fails is a fault until it works again, and takes what came meanwhile") {
  HubLimits limits;
  limits.unstored_bytes = 4 * kMiB;
  HubScene scene(limits);
  const HubLogPtr log = scene.begin_log(1);
  scene.write(log, std::string(5 * kMiB, 'x'));
  scene.store.fail_commits_with(Error(ErrorCode::unavailable, "no space left"));
  CHECK_FALSE(scene.hub.fault().has_value());
  CHECK(scene.hub.append_interval(*log) == 50ms);
  scene.run();
  REQUIRE(test::await_on(scene.loop, wait_commit(log)));
  CHECK(scene.hub.fault() == "no space left");
  CHECK(scene.hub.append_interval(*log) == 1s);
  CHECK(log->live.durable() == 0);
  CHECK(scene.hub.stuck_for() < 1h);  // it fails, and is tried again
  scene.write(log, "more");
  scene.store.fail_commits_with(std::nullopt);
  CHECK(test::await_on(scene.loop, wait_stored(scene.hub, log)));
  CHECK_FALSE(scene.hub.fault().has_value());
}

TEST_CASE("a log is full at its own bound, all logs at that of all, and a commit makes room") {
  HubLimits limits;
  limits.unstored_bytes_per_log = 10'000;
  limits.unstored_bytes = 15'000;
  HubScene scene(limits);
  const HubLogPtr first = scene.begin_log(1);
  const HubLogPtr second = scene.begin_log(2);
  const HubLogPtr third = scene.begin_log(3);
  CHECK(scene.hub.append_interval(*first) == 1s);  // nobody follows it
  scene.write(first, std::string(10'000, 'x'));
  CHECK(scene.hub.is_full(*first));
  CHECK_FALSE(scene.hub.is_full(*second));
  // Small chunks cost more than their bytes.
  for (int i = 0; i < 50; ++i) scene.write(second, "x");
  CHECK(scene.hub.is_full(*second));
  CHECK(scene.hub.is_full(*third));
  CHECK(scene.hub.append_interval(*third) == 50ms);
  // The third has nothing to store itself: it waits for the others.
  scene.run();
  CHECK(test::await_on(scene.loop, wait_for_room(scene.hub, third)));
  CHECK(test::await_on(scene.loop, wait_stored(scene.hub, second)));
  CHECK_FALSE(scene.hub.is_full(*first));
}
