#include "core/hub/build_board.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/async/run_blocking.hpp"
#include "core/base/logging.hpp"
#include "core/hub/build_end.hpp"

namespace vela::hub {
namespace {

using std::chrono_literals::operator""s;

// A store call takes milliseconds; longer means that it hangs, and shutdown goes on without it.
constexpr auto kJoinLimit = 5s;
// Above this many builds those that nobody holds are forgotten.
constexpr std::size_t kBuildsInMemory = 256;

}  // namespace

BuildBoard::BuildBoard(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
                       store::LogStore& store)
    : executor_(executor),
      pool_(pool),
      store_(store),
      forget_above_(kBuildsInMemory),
      tasks_(std::move(executor)) {}

std::shared_ptr<BuildWatch> BuildBoard::watch(const logs::BuildId& build) {
  std::weak_ptr<BuildWatch>& entry = watched_[build];
  std::shared_ptr<BuildWatch> found = entry.lock();
  if (found) return found;
  found = std::make_shared<BuildWatch>(executor_);
  entry = found;
  if (watched_.size() > forget_above_) {
    std::erase_if(watched_, [](const auto& held) { return held.second.expired(); });
    forget_above_ = std::max(kBuildsInMemory, watched_.size() * 2);
  }
  return found;
}

std::size_t BuildBoard::followers() const {
  std::size_t followers = 0;
  for (const auto& [build, watched] : watched_)
    if (const auto watch = watched.lock()) followers += watch->interest.followers();
  return followers;
}

void BuildBoard::notify_all() {
  for (const auto& [build, watched] : watched_)
    if (const auto held = watched.lock()) held->changed.notify_all();
}

async::Awaitable<Result<void>> BuildBoard::set_end(logs::BuildId build,
                                                   std::optional<base::WallTime> ended) {
  auto job = [this, &build, ended] { return store_.set_build_end(build, ended); };
  co_return co_await async::run_blocking(pool_, std::move(job));
}

async::Awaitable<Result<void>> BuildBoard::end(logs::BuildId build) {
  auto result = co_await set_end(build, base::wall_now());
  if (result) watch(build)->changed.notify_all();
  co_return result;
}

void BuildBoard::reopen(const logs::BuildId& build) {
  tasks_.spawn("reopen " + build.to_string(), clear_end(build));
}

async::Awaitable<void> BuildBoard::clear_end(logs::BuildId build) {
  auto job = [this, &build]() -> Result<void> {
    const auto ended = store_.find_build_end(build);
    if (!ended) return ended.error();
    if (!*ended) return {};
    return store_.set_build_end(build, std::nullopt);
  };
  const auto result = co_await async::run_blocking(pool_, std::move(job));
  if (!result)
    spdlog::warn("cannot open build {} again: {}", build.to_string(), result.error().text());
}

async::Awaitable<Result<bool>> BuildBoard::has_ended(logs::BuildId build,
                                                     std::vector<HubLogPtr> logs) {
  auto job = [this, &build] { return store_.find_build_end(build); };
  const auto ended = co_await async::run_blocking(pool_, std::move(job));
  if (!ended) co_return ended.error();
  if (*ended) co_return true;
  const base::WallTime now = base::wall_now();
  const auto is_quiet = [now](const HubLogPtr& log) { return is_long_over(log->live, now); };
  co_return !logs.empty() && std::all_of(logs.begin(), logs.end(), is_quiet);
}

async::Awaitable<void> BuildBoard::join() {
  if (co_await tasks_.join(kJoinLimit)) co_return;
  for (const std::string& name : tasks_.names()) spdlog::error("still running: {}", name);
}

}  // namespace vela::hub
