#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/base/error.hpp"
#include "core/buffer/flush_policy.hpp"
#include "core/hub/hub_counts.hpp"
#include "core/hub/hub_log.hpp"
#include "core/store/log_store.hpp"

namespace vela::hub {

// Gathers what all logs have pending and commits it in one transaction: every `interval`, sooner
// when much is pending or a writer waits. Nothing pending costs nothing.
//
// Executor: one thread; commits run on the pool.
// Errors:   a failed commit is logged once, shown by fault(), and retried with the same bytes and
//           what came since.
class Flusher {
 public:
  Flusher(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
          store::LogStore& store, std::chrono::microseconds interval,
          std::size_t kept_bytes_per_log, HubCounts& counts);

  // `log` has something that is not stored; `fresh` of its unstored_cost() is new.
  void mark_dirty(const HubLogPtr& log, std::size_t fresh);
  // `dropped` of a log's unstored_cost() will not be stored.
  void on_dropped(std::size_t dropped);
  // Somebody waits: the next commit begins as soon as the one before has ended.
  void hurry();

  // Runs until stop() was called and everything is stored, or `stop` and the store fails.
  [[nodiscard]] async::Awaitable<void> run();
  // Stores what is pending, then lets run() end.
  void stop();

  // The logs' unstored_cost(), all together.
  [[nodiscard]] std::size_t unstored_cost() const { return unstored_cost_; }
  // Why nothing is stored at present: the last commit failed, or the one under way does not come to
  // an end. Nothing when all is well.
  [[nodiscard]] std::optional<std::string> fault(base::SteadyTime now) const;
  // For how long what is due has not moved: a commit that does not end, or one that is not begun. A
  // store that fails is tried again, and moves.
  [[nodiscard]] std::chrono::microseconds stuck_for(base::SteadyTime now) const;
  // Until the next commit has ended, well or not; at most until `until`.
  [[nodiscard]] async::Awaitable<void> wait_for_commit(base::SteadyTime until);

 private:
  [[nodiscard]] async::Awaitable<void> wait_until_due();
  [[nodiscard]] std::vector<HubLogPtr> take_dirty();
  [[nodiscard]] async::Awaitable<Result<void>> commit(std::vector<HubLogPtr> logs);
  void report(const Result<void>& result);
  // Bytes of `log` that came at `since` at the earliest are stored now.
  void count_stored(HubLog& log, base::SteadyTime since);

  boost::asio::thread_pool& pool_;
  store::LogStore& store_;
  const buffer::FlushPolicy policy_;
  // Stored bytes of a followed log that stay in memory.
  const std::size_t kept_bytes_per_log_;
  HubCounts& counts_;

  std::vector<HubLogPtr> dirty_;
  base::SteadyTime dirty_since_;
  std::size_t unstored_cost_ = 0;
  bool is_hurried_ = false;
  bool is_stopped_ = false;
  async::Notifier woken_;
  async::Notifier committed_;
  std::optional<base::SteadyTime> commit_begun_;  // of the one under way
  base::SteadyTime commit_ended_{};               // of the last one, well or not
  std::optional<std::string> fault_;
};

}  // namespace vela::hub
