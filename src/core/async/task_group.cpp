#include "core/async/task_group.hpp"

#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "core/base/logging.hpp"

namespace vela::async {

TaskGroup::TaskGroup(asio::any_io_executor executor)
    : executor_(std::move(executor)), ended_(executor_) {}

void TaskGroup::spawn(std::string name, Awaitable<void> task) {
  const auto entry = tasks_.insert(tasks_.end(), std::make_shared<Task>());
  (*entry)->name = std::move(name);
  auto on_end = [this, entry](const std::exception_ptr& failure) {
    const std::shared_ptr<Task> ended = std::move(*entry);
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        spdlog::error("task {} failed: {}", ended->name, error.what());
      } catch (...) {
        spdlog::error("task {} failed with something that is no std::exception", ended->name);
      }
    }
    tasks_.erase(entry);
    // A cancellation from outside the loop stands in its queue and still refers to the task.
    asio::post(executor_, [ended] {});
    ended_.notify_all();
  };
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot((*entry)->cancel.slot(), std::move(on_end)));
}

void TaskGroup::cancel() {
  // A task may end within emit and take itself out of the list.
  const std::list<std::shared_ptr<Task>> running = tasks_;
  for (const std::shared_ptr<Task>& task : running)
    task->cancel.emit(asio::cancellation_type::terminal);
}

Awaitable<bool> TaskGroup::join(std::chrono::milliseconds limit) {
  const base::SteadyTime until = base::steady_now() + limit;
  while (!tasks_.empty() && base::steady_now() < until) co_await ended_.wait_until(until);
  co_return tasks_.empty();
}

std::vector<std::string> TaskGroup::names() const {
  std::vector<std::string> names;
  for (const std::shared_ptr<Task>& task : tasks_) names.push_back(task->name);
  return names;
}

}  // namespace vela::async
