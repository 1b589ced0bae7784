#include "core/hub/flusher.hpp"

#include <algorithm>
#include <utility>

#include "core/async/run_blocking.hpp"
#include "core/base/logging.hpp"

namespace vela::hub {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Due at once from here on: large enough for a cheap commit, small enough for bounded memory.
constexpr std::size_t kFlushBytes = 4 * 1024 * 1024;
// No log joins a commit beyond this. After an outage all that had to wait does not become one
// transaction, which a disk with little space could never take.
constexpr std::size_t kMaxBatchBytes = 2 * kFlushBytes;
// Two hurried commits are at least this far apart, so that writers who wait share one (group
// commit).
constexpr auto kGroupCommit = 3ms;
// A store that failed is asked again after this long.
constexpr auto kRetryAfter = 1s;
// A commit takes milliseconds, and seconds while a large log is copied; beyond this its disk hangs.
constexpr auto kStalledAfter = 10s;

}  // namespace

Flusher::Flusher(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
                 store::LogStore& store, std::chrono::microseconds interval,
                 std::size_t kept_bytes_per_log, HubCounts& counts)
    : pool_(pool),
      store_(store),
      policy_(interval, kFlushBytes),
      kept_bytes_per_log_(kept_bytes_per_log),
      counts_(counts),
      woken_(executor),
      committed_(std::move(executor)) {}

void Flusher::mark_dirty(const HubLogPtr& log, std::size_t fresh) {
  unstored_cost_ += fresh;
  if (!log->is_dirty && log->live.has_unstored()) {
    log->is_dirty = true;
    log->dirty_since = base::steady_now();
    if (dirty_.empty()) {
      dirty_since_ = log->dirty_since;
      woken_.notify_all();
    }
    dirty_.push_back(log);
  }
  if (unstored_cost_ >= kFlushBytes && unstored_cost_ - fresh < kFlushBytes) woken_.notify_all();
}

void Flusher::on_dropped(std::size_t dropped) {
  if (dropped == 0) return;
  unstored_cost_ -= dropped;
  committed_.notify_all();  // there is room as after a commit
}

void Flusher::hurry() {
  is_hurried_ = true;
  woken_.notify_all();
}

void Flusher::stop() {
  is_stopped_ = true;
  woken_.notify_all();
}

async::Awaitable<void> Flusher::wait_until_due() {
  while (!dirty_.empty() || !is_stopped_) {
    const base::SteadyTime now = base::steady_now();
    // A record that changed is pending too, though it has no bytes.
    const buffer::Pending pending{dirty_.empty() ? 0 : unstored_cost_ + 1, dirty_since_,
                                  is_hurried_ || is_stopped_};
    const auto due = policy_.due(pending, now);
    if (due && *due <= now) co_return;
    co_await woken_.wait_until(due.value_or(base::SteadyTime::max()));
  }
}

async::Awaitable<void> Flusher::run() {
  while (true) {
    co_await wait_until_due();
    if (dirty_.empty()) co_return;  // stopped, and everything is stored
    const base::SteadyTime earliest = commit_ended_ + kGroupCommit;
    while (unstored_cost_ < kFlushBytes && base::steady_now() < earliest)
      co_await woken_.wait_until(earliest);
    std::vector<HubLogPtr> logs = take_dirty();
    const auto result = co_await commit(std::move(logs));
    report(result);
    if (result) continue;
    if (is_stopped_) co_return;
    const base::SteadyTime retry_at = commit_ended_ + kRetryAfter;
    while (!is_stopped_ && base::steady_now() < retry_at) co_await woken_.wait_until(retry_at);
  }
}

// The logs that have waited longest, as many as go into a commit; at least one.
std::vector<HubLogPtr> Flusher::take_dirty() {
  std::vector<HubLogPtr> taken;
  std::size_t cost = 0;
  for (const HubLogPtr& log : dirty_) {
    if (!taken.empty() && cost + log->live.unstored_cost() > kMaxBatchBytes) break;
    cost += log->live.unstored_cost();
    log->is_dirty = false;
    taken.push_back(log);
  }
  dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(taken.size()));
  // Whoever is in a hurry may wait for one that is left over.
  if (dirty_.empty()) is_hurried_ = false;
  return taken;
}

async::Awaitable<Result<void>> Flusher::commit(std::vector<HubLogPtr> logs) {
  std::vector<store::BatchItem> batch;
  batch.reserve(logs.size());
  std::vector<base::SteadyTime> since;
  since.reserve(logs.size());
  std::uint64_t bytes = 0;
  for (const HubLogPtr& log : logs) {
    batch.push_back(log->live.take_batch());
    since.push_back(log->dirty_since);
    for (const logs::ChunkSlice& slice : batch.back().slices) bytes += slice.size();
  }
  auto job = [this, &batch] { return store_.commit(batch); };
  commit_begun_ = base::steady_now();
  const auto result = co_await async::run_blocking(pool_, std::move(job));
  commit_ended_ = base::steady_now();
  counts_.flush_time.observe(
      std::chrono::duration_cast<std::chrono::microseconds>(commit_ended_ - *commit_begun_));
  commit_begun_.reset();
  if (result) {
    counts_.flush_bytes.observe(bytes);
  } else {
    ++counts_.failed_flushes;
  }
  for (std::size_t i = 0; i != logs.size(); ++i) {
    const HubLogPtr& log = logs[i];
    LiveLog& live = log->live;
    if (result) {
      const std::size_t unstored_before = live.unstored_cost();
      live.on_stored();
      unstored_cost_ -= unstored_before - live.unstored_cost();
      if (!batch[i].slices.empty()) count_stored(*log, since[i]);
      live.free_stored(log->interest.is_fresh(base::steady_now()) ? kept_bytes_per_log_ : 0);
    } else {
      live.on_store_failed();
    }
    mark_dirty(log, 0);  // what came while the commit ran, or what it could not store
    if (!result) log->dirty_since = since[i];
    log->stored.notify_all();
    if (live.has_ended()) log->notify_changed();
  }
  committed_.notify_all();
  co_return result;
}

void Flusher::count_stored(HubLog& log, base::SteadyTime since) {
  log.durable_times.on_durable(log.live.durable(), commit_ended_);
  counts_.received_to_durable.observe(
      std::chrono::duration_cast<std::chrono::microseconds>(commit_ended_ - since));
}

std::optional<std::string> Flusher::fault(base::SteadyTime now) const {
  if (fault_ || !commit_begun_ || now - *commit_begun_ < kStalledAfter) return fault_;
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(now - *commit_begun_);
  return "the store has not answered for " + std::to_string(waited.count()) + " s";
}

std::chrono::microseconds Flusher::stuck_for(base::SteadyTime now) const {
  base::SteadyTime since = now;
  if (commit_begun_) {
    since = *commit_begun_;
  } else if (const auto due =
                 policy_.due({dirty_.empty() ? 0 : std::size_t{1}, dirty_since_}, now)) {
    since = std::max(*due, commit_ended_);
  }
  return std::chrono::duration_cast<std::chrono::microseconds>(std::max(now - since, {}));
}

async::Awaitable<void> Flusher::wait_for_commit(base::SteadyTime until) {
  co_await committed_.wait_until(until);
}

void Flusher::report(const Result<void>& result) {
  if (result) {
    if (fault_) spdlog::warn("the store works again");
    fault_.reset();
    return;
  }
  if (!fault_ || *fault_ != result.error().text())
    spdlog::error("the store fails, nothing is acknowledged as durable: {}", result.error().text());
  fault_ = result.error().text();
}

}  // namespace vela::hub
