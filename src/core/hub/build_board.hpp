#pragma once

#include <map>
#include <memory>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/base/error.hpp"
#include "core/hub/hub_log.hpp"
#include "core/logs/log_id.hpp"
#include "core/store/log_store.hpp"

namespace vela::hub {

// What is known of builds: whether each has ended, and who waits for a change of it.
//
// Executor: one thread; the store is reached through `pool`.
// Lifetime: join() must have returned before it goes.
class BuildBoard {
 public:
  BuildBoard(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
             store::LogStore& store);

  // Held by the logs and followers of the build; the board only finds it again.
  [[nodiscard]] std::shared_ptr<BuildWatch> watch(const logs::BuildId& build);
  void notify_all();
  // Who follows a whole build, of all builds.
  [[nodiscard]] std::size_t followers() const;

  // Closes the build. Nothing is refused afterwards: a later write opens it again.
  [[nodiscard]] async::Awaitable<Result<void>> end(logs::BuildId build);
  // A log of the build was begun.
  void reopen(const logs::BuildId& build);
  // True when the build was closed, or every log of it (`logs`, at least one) ended over 15 min
  // ago.
  [[nodiscard]] async::Awaitable<Result<bool>> has_ended(logs::BuildId build,
                                                         std::vector<HubLogPtr> logs);

  // Waits for what reopen() began.
  [[nodiscard]] async::Awaitable<void> join();

 private:
  [[nodiscard]] async::Awaitable<void> clear_end(logs::BuildId build);
  [[nodiscard]] async::Awaitable<Result<void>> set_end(logs::BuildId build,
                                                       std::optional<base::WallTime> ended);

  boost::asio::any_io_executor executor_;
  boost::asio::thread_pool& pool_;
  store::LogStore& store_;
  std::map<logs::BuildId, std::weak_ptr<BuildWatch>> watched_;
  std::size_t forget_above_;
  async::TaskGroup tasks_;
};

}  // namespace vela::hub
