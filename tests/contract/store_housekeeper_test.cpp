// What happens in the SQLite store between commits.
#include <atomic>
#include <chrono>
#include <future>

#include <doctest/doctest.h>

#include "core/base/clock.hpp"
#include "core/store/sqlite/housekeeper.hpp"

using namespace std::chrono_literals;
using namespace vela;
using store::sqlite::Housekeeper;

namespace {

constexpr auto kWaitCap = 20s;

}  // namespace

TEST_CASE("a commit wakes the housekeeper, who goes on until all is swept and copied") {
  std::atomic<int> sweeps = 0;
  std::atomic<int> checkpoints = 0;
  std::promise<void> finished;
  Housekeeper housekeeper([&]() -> Result<bool> { return ++sweeps < 3; },
                          [&]() -> Result<bool> {
                            if (++checkpoints < 2 || sweeps < 3) return true;
                            finished.set_value();
                            return false;
                          });
  CHECK(sweeps == 0);
  housekeeper.on_commit();
  REQUIRE(finished.get_future().wait_for(kWaitCap) == std::future_status::ready);
  housekeeper.stop();
  CHECK(checkpoints >= 2);
  CHECK(sweeps >= 3);
}

TEST_CASE("a chore that fails is not repeated at once, and stopping does not wait for it") {
  std::atomic<int> checkpoints = 0;
  std::promise<void> failed;
  Housekeeper housekeeper([&]() -> Result<bool> { return false; },
                          [&]() -> Result<bool> {
                            if (++checkpoints == 1) failed.set_value();
                            return Error(ErrorCode::unavailable, "disk full");
                          });
  housekeeper.on_commit();
  REQUIRE(failed.get_future().wait_for(kWaitCap) == std::future_status::ready);
  const base::SteadyTime before = base::steady_now();
  housekeeper.on_commit();
  housekeeper.stop();
  CHECK(base::steady_now() - before < 4s);
  CHECK(checkpoints == 1);
}

TEST_CASE("chores that fail are tried again without another commit, until they have succeeded") {
  std::atomic<int> sweeps = 0;
  std::atomic<int> checkpoints = 0;
  std::promise<void> finished;
  const auto disk_full = [] { return Error(ErrorCode::unavailable, "disk full"); };
  Housekeeper housekeeper(
      [&]() -> Result<bool> {
        if (++sweeps < 3) return disk_full();
        return false;
      },
      [&]() -> Result<bool> {
        if (++checkpoints < 5) return disk_full();
        finished.set_value();
        return false;
      },
      std::chrono::milliseconds(1));
  housekeeper.on_commit();
  REQUIRE(finished.get_future().wait_for(kWaitCap) == std::future_status::ready);
  housekeeper.stop();
  CHECK(sweeps == 5);
  CHECK(checkpoints == 5);
}
