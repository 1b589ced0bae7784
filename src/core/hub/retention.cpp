#include "core/hub/retention.hpp"

#include <algorithm>
#include <utility>

#include "core/async/run_blocking.hpp"
#include "core/base/logging.hpp"
#include "core/base/quantity.hpp"

namespace vela::hub {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Rows that one read of the store takes, some milliseconds of a reader's time.
constexpr std::size_t kFactsPerRead = 1000;
// Deletions that share a commit: each adds a row that is rewritten, and they lie side by side.
constexpr std::size_t kLogsPerStep = 16;
constexpr auto kPauseBetweenSteps = 10ms;
constexpr auto kStoredLimit = 10s;
// Who wrote a deleted log and comes back later begins it anew: as long as a worker keeps what was
// rejected.
constexpr auto kForgetAfter = 7 * 24h;
constexpr std::size_t kRowsPerForgetting = 100;

}  // namespace

Retention::Retention(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
                     store::LogStore& store, LogHub& hub, RetentionSettings settings)
    : pool_(pool),
      store_(store),
      hub_(hub),
      settings_(std::move(settings)),
      woken_(std::move(executor)) {}

void Retention::stop() {
  is_stopped_ = true;
  woken_.notify_all();
}

void Retention::change(RetentionSettings settings) {
  settings_ = std::move(settings);
  is_due_ = true;
  woken_.notify_all();
}

async::Awaitable<void> Retention::run() {
  while (!is_over()) {
    is_due_ = false;
    co_await run_pass();
    co_await wait_for_next();
  }
}

async::Awaitable<void> Retention::wait_for_next() {
  const base::SteadyTime begun = base::steady_now();
  while (!is_over() && !is_due_ && base::steady_now() < begun + settings_.interval)
    co_await woken_.wait_until(begun + settings_.interval);
}

async::Awaitable<void> Retention::run_pass() {
  const base::SteadyTime begun = base::steady_now();
  const RetentionTotals before = totals_;
  totals_.last_pass = base::wall_now();
  auto done = co_await retire_logs();
  if (done && !is_over()) done = co_await forget_deleted();
  totals_.last_duration = base::time_since(begun);
  if (!done) {
    ++totals_.failed_passes;
    spdlog::warn("retention: {}; tried again in {}", done.error().text(),
                 base::format_duration(settings_.interval));
    co_return;
  }
  ++totals_.passes;
  for (const RetentionReason reason : kAllRetentionReasons) {
    const auto& now = totals_.deleted[static_cast<std::size_t>(reason)];
    const auto& then = before.deleted[static_cast<std::size_t>(reason)];
    if (now.logs != then.logs)
      spdlog::info("retention: deleted {} logs, {}, by {}", now.logs - then.logs,
                   base::format_rough_size(now.bytes - then.bytes), to_string(reason));
  }
}

async::Awaitable<Result<std::vector<RetiredLog>>> Retention::plan() {
  RetentionPlan plan(settings_, base::wall_now());
  store::LogKey after = 0;
  while (!is_over()) {
    auto job = [this, &plan, after]() -> Result<store::LogKey> {
      const auto facts = store_.load_facts(after, kFactsPerRead);
      if (!facts) return facts.error();
      for (const store::LogFacts& log : *facts) plan.add(log);
      return facts->size() < kFactsPerRead ? store::LogKey{0} : facts->back().key;
    };
    const auto next = co_await async::run_blocking(pool_, std::move(job));
    if (!next) co_return next.error();
    after = *next;
    if (after == 0) break;
  }
  auto job = [&plan] { return plan.finish(); };
  co_return co_await async::run_blocking(pool_, std::move(job));
}

async::Awaitable<Result<void>> Retention::retire_logs() {
  if (!settings_.has_limit()) co_return Result<void>();
  const auto retired = co_await plan();
  if (!retired) co_return retired.error();
  // What was planned by settings that are no longer in force is not done.
  for (std::size_t i = 0; i < retired->size() && !is_over() && !is_due_;) {
    HubLogPtr last;
    const std::size_t end = std::min(i + kLogsPerStep, retired->size());
    for (; i < end; ++i) {
      RetiredLog log = (*retired)[i];
      auto done = co_await retire(std::move(log));
      if (!done) co_return done.error();
      if (*done != nullptr) last = std::move(*done);
    }
    if (last == nullptr) continue;
    co_await hub_.wait_stored(last, 0, kStoredLimit);
    if (const auto fault = hub_.fault()) co_return Error(ErrorCode::unavailable, *fault);
    co_await pause();
  }
  co_return Result<void>();
}

// Nothing when the log is not what it was when its end was decided.
async::Awaitable<Result<HubLogPtr>> Retention::retire(RetiredLog log) {
  logs::LogId id = log.id;
  auto opened = co_await hub_.open(std::move(id));
  if (!opened) co_return opened.error();
  const LiveLog& live = (*opened)->live;
  const bool is_same = live.has_ended() || live.state() == logs::LogState::incomplete;
  if (!is_same || live.is_deleted() || live.received() != log.bytes) co_return HubLogPtr();
  hub_.erase(*opened);
  RetentionTotals::Deleted& deleted = totals_.deleted[static_cast<std::size_t>(log.reason)];
  ++deleted.logs;
  deleted.bytes += log.bytes;
  co_return std::move(*opened);
}

async::Awaitable<Result<void>> Retention::forget_deleted() {
  const base::WallTime before = base::wall_now() - kForgetAfter;
  while (!is_over()) {
    auto job = [this, before] { return store_.forget_deleted(before, kRowsPerForgetting); };
    const auto forgotten = co_await async::run_blocking(pool_, std::move(job));
    if (!forgotten) co_return forgotten.error();
    totals_.forgotten += *forgotten;
    if (*forgotten < kRowsPerForgetting) break;
    co_await pause();
  }
  co_return Result<void>();
}

async::Awaitable<void> Retention::pause() {
  const base::SteadyTime until = base::steady_now() + kPauseBetweenSteps;
  while (!is_over() && base::steady_now() < until) co_await woken_.wait_until(until);
}

}  // namespace vela::hub
