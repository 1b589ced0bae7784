#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/hub/log_hub.hpp"
#include "core/hub/retention_plan.hpp"
#include "core/store/log_store.hpp"

namespace vela::hub {

// What retention did since the start.
struct RetentionTotals {
  struct Deleted {
    std::uint64_t logs = 0;
    std::uint64_t bytes = 0;
  };
  std::array<Deleted, kAllRetentionReasons.size()> deleted;  // by RetentionReason
  std::uint64_t forgotten = 0;                               // deleted logs whose row was removed
  std::uint64_t passes = 0;                                  // that came to their end
  std::uint64_t failed_passes = 0;
  std::optional<base::WallTime> last_pass;  // when the last one began
  std::chrono::microseconds last_duration{0};
};

// Deletes logs as the settings say: a pass when it begins, then one every interval. A pass takes a
// few logs at a time and pauses between, so that writers do not feel it; what it did not come to is
// found again by the next one. Also removes the rows of logs that were deleted long ago.
//
// Executor: that of the hub; the store is reached through `pool`.
// Errors:   a pass that fails is logged and tried again after the interval.
class Retention {
 public:
  Retention(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
            store::LogStore& store, LogHub& hub, RetentionSettings settings);

  // Runs until stop(), or until the hub drains; ends between two logs.
  [[nodiscard]] async::Awaitable<void> run();
  void stop();
  // Other settings from the next pass on, which comes at once when they differ.
  void change(RetentionSettings settings);

  [[nodiscard]] const RetentionTotals& totals() const { return totals_; }

 private:
  [[nodiscard]] bool is_over() const { return is_stopped_ || hub_.is_draining(); }
  [[nodiscard]] async::Awaitable<void> wait_for_next();
  [[nodiscard]] async::Awaitable<void> run_pass();
  [[nodiscard]] async::Awaitable<Result<void>> retire_logs();
  [[nodiscard]] async::Awaitable<Result<std::vector<RetiredLog>>> plan();
  [[nodiscard]] async::Awaitable<Result<HubLogPtr>> retire(RetiredLog log);
  [[nodiscard]] async::Awaitable<Result<void>> forget_deleted();
  [[nodiscard]] async::Awaitable<void> pause();

  boost::asio::thread_pool& pool_;
  store::LogStore& store_;
  LogHub& hub_;
  RetentionSettings settings_;
  RetentionTotals totals_;
  bool is_stopped_ = false;
  bool is_due_ = true;
  async::Notifier woken_;
};

}  // namespace vela::hub
