#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"

namespace vela::async {

// Runs coroutines side by side, knows their names, and lets their owner wait for all of them.
//
// Executor: all calls on the thread of `executor`; the coroutines run there.
// Errors:   an exception that leaves a coroutine is logged with its name and ends that task only.
// Lifetime: join() must have returned true before the group goes.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(std::string name, Awaitable<void> task);

  // Asks every task to end (terminal cancellation of what it awaits now).
  void cancel();

  // Waits until no task is left or `limit` has passed; true when none is left.
  [[nodiscard]] Awaitable<bool> join(std::chrono::milliseconds limit);

  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  // Names of the tasks that still run, for the message when join() was in vain.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  struct Task {
    std::string name;
    asio::cancellation_signal cancel;
  };

  asio::any_io_executor executor_;
  // Shared with the loop, which may hold a cancellation that was asked for and not yet carried out.
  std::list<std::shared_ptr<Task>> tasks_;
  Notifier ended_;
};

}  // namespace vela::async
