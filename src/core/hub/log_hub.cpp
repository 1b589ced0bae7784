#include "core/hub/log_hub.hpp"

#include <algorithm>
#include <utility>

#include "core/async/run_blocking.hpp"
#include "core/base/assert.hpp"
#include "core/base/logging.hpp"

namespace vela::hub {
namespace {

using std::chrono_literals::operator""s;

// How often open logs are looked at; `lost` may show this much later than it could.
constexpr auto kLivenessInterval = 5s;

// While nothing is taken because the store fails: as long as it is left alone.
constexpr auto kFailedInterval = 1s;

// Nobody had heard the writer for a while.
bool is_given_up(logs::LogState state) {
  return state == logs::LogState::lost || state == logs::LogState::incomplete;
}

}  // namespace

LogHub::LogHub(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
               store::LogStore& store, std::chrono::microseconds flush_interval, HubLimits limits)
    : executor_(executor),
      pool_(pool),
      store_(store),
      limits_(limits),
      forget_above_(limits.logs_in_memory),
      flusher_(executor, pool, store, flush_interval, limits.kept_bytes_per_log, counts_),
      reader_(pool, store),
      builds_(executor, pool, store),
      liveness_woken_(std::move(executor)) {}

async::Awaitable<Result<void>> LogHub::recover() {
  auto job = [this] { return store_.load_open_logs(); };
  auto stored = co_await async::run_blocking(pool_, std::move(job));
  if (!stored) co_return stored.error();
  for (store::StoredLog& log : *stored) {
    auto live = LiveLog::recover(std::move(log), Now::take());
    if (!live) co_return live.error();
    static_cast<void>(adopt(std::move(*live)));
  }
  co_return Result<void>();
}

async::Awaitable<void> LogHub::run() {
  async::TaskGroup watchers(executor_);
  watchers.spawn("liveness", watch_liveness());
  co_await flusher_.run();
  watchers.cancel();
  static_cast<void>(co_await watchers.join(kLivenessInterval));
  co_await builds_.join();
}

void LogHub::stop() {
  VELA_ASSERT(is_draining_);
  flusher_.stop();
}

void LogHub::drain() {
  is_leaving_ = true;
  is_draining_ = true;
  liveness_woken_.notify_all();
  for (const auto& [id, log] : logs_) {
    log->notify_changed();
    log->stored.notify_all();
  }
  builds_.notify_all();  // of builds that have no log yet
}

std::vector<UnstoredLog> LogHub::unstored_logs() const {
  std::vector<UnstoredLog> unstored;
  for (const auto& [id, log] : logs_) {
    const LiveLog& live = log->live;
    if (live.has_unstored()) unstored.push_back({id, live.received() - live.durable()});
  }
  return unstored;
}

Health LogHub::health(base::SteadyTime now) const {
  HealthFacts facts;
  facts.is_draining = is_leaving_;
  facts.store_fault = flusher_.fault(now);
  facts.stuck_for = flusher_.stuck_for(now);
  facts.unstored_bytes = flusher_.unstored_cost();
  facts.most_unstored_bytes = limits_.unstored_bytes;
  facts.free_bytes = store_.load_free_bytes();
  facts.least_free_bytes = limits_.least_free_bytes;
  return judge_health(facts);
}

// ---- finding

HubLogPtr LogHub::adopt(LiveLog live) {
  logs::LogId id = live.record().id;
  auto log = std::make_shared<HubLog>(executor_, std::move(live), builds_.watch(id.build));
  logs_.emplace(std::move(id), log);
  if (logs_.size() > forget_above_) forget_unused();
  return log;
}

void LogHub::forget_unused() {
  std::erase_if(logs_, [](const auto& entry) {
    const HubLogPtr& log = entry.second;
    return log.use_count() == 1 && !log->live.is_open() && !log->live.has_unstored();
  });
  // Doubling keeps the cost of looking at all of them constant per log that is opened.
  forget_above_ = std::max(limits_.logs_in_memory, logs_.size() * 2);
}

async::Awaitable<Result<HubLogPtr>> LogHub::open(logs::LogId id) {
  if (const auto found = logs_.find(id); found != logs_.end()) co_return found->second;
  auto job = [this, &id] { return store_.find(id); };
  auto stored = co_await async::run_blocking(pool_, std::move(job));
  // Another request may have opened it meanwhile.
  if (const auto found = logs_.find(id); found != logs_.end()) co_return found->second;
  if (!stored) co_return stored.error();
  if (!*stored) co_return adopt(LiveLog(std::move(id), Now::take()));
  auto live = LiveLog::recover(std::move(**stored), Now::take());
  if (!live) co_return live.error();
  co_return adopt(std::move(*live));
}

async::Awaitable<Result<std::vector<store::StoredLog>>> LogHub::load_build(logs::BuildId build) {
  auto job = [this, &build] { return store_.load_build(build); };
  co_return co_await async::run_blocking(pool_, std::move(job));
}

async::Awaitable<Result<std::vector<HubLogPtr>>> LogHub::open_build(logs::BuildId build) {
  auto stored = co_await load_build(build);
  if (!stored) co_return stored.error();
  std::vector<HubLogPtr> found;
  for (store::StoredLog& log : *stored) {
    if (logs_.contains(log.record.id)) continue;
    auto live = LiveLog::recover(std::move(log), Now::take());
    if (!live) co_return live.error();
    found.push_back(adopt(std::move(*live)));
  }
  // In memory: those of the store that were there before, and those it does not have yet.
  for (const auto& [id, log] : logs_) {
    const bool is_wanted = id.build == build && log->live.state() != logs::LogState::pending;
    if (is_wanted && std::find(found.begin(), found.end(), log) == found.end())
      found.push_back(log);
  }
  const auto order = [](const HubLogPtr& log) {
    const logs::LogId& id = log->live.record().id;
    return std::pair(id.kind != logs::LogKind::service, id.number);
  };
  std::sort(found.begin(), found.end(),
            [&order](const HubLogPtr& a, const HubLogPtr& b) { return order(a) < order(b); });
  co_return found;
}

// ---- writing

std::optional<Refusal> LogHub::claim(const HubLogPtr& log, const WriterClaim& claim) {
  LiveLog& live = log->live;
  const bool is_new = live.record().key == 0 || live.is_deleted();
  const logs::Generation generation = live.record().generation;
  const logs::LogState state = live.state();
  const store::LogKey key = is_new ? store_.allocate_key() : 0;
  const Now now = Now::take();
  if (const auto refusal = live.claim(claim, key, now)) {
    counts_.count(*refusal);
    return refusal;
  }
  flusher_.mark_dirty(log, 0);
  const bool has_new_owner = is_new || generation != live.record().generation;
  if (has_new_owner) log->writer_clock.forget();
  if (claim.clock) log->writer_clock.take(*claim.clock, now.steady);
  if (has_new_owner && !is_new && claim.takeover) ++counts_.takeovers;
  if (!has_new_owner && is_given_up(state) && live.is_open()) ++counts_.returned_writers;
  if (has_new_owner) {
    builds_.reopen(live.record().id.build);
    ++log->build->begun;
    liveness_woken_.notify_all();
  }
  if (has_new_owner || state != live.state()) log->notify_changed();
  return std::nullopt;
}

void LogHub::release(const HubLogPtr& log, const logs::WriterId& writer) {
  log->live.release(writer);
  flusher_.mark_dirty(log, 0);
}

std::optional<Refusal> LogHub::place(const HubLogPtr& log, const logs::WriterId& writer,
                                     logs::Offset at, std::string_view bytes,
                                     const std::vector<logs::TimeMark>& marks) {
  const std::size_t before = log->live.unstored_cost();
  const logs::Offset end = log->live.received();
  const bool was_given_up = is_given_up(log->live.state());
  const Now now = Now::take();
  const auto refusal = log->live.place(writer, at, bytes, marks, now);
  if (refusal) {
    counts_.count(*refusal);
  } else {
    counts_.count_placed({at, bytes.size(), end, log->live.received()}, marks, log->writer_clock,
                         now);
    if (was_given_up && !is_given_up(log->live.state())) ++counts_.returned_writers;
  }
  const std::size_t fresh = log->live.unstored_cost() - before;
  flusher_.mark_dirty(log, fresh);
  if (fresh != 0) log->notify_changed();
  return refusal;
}

std::optional<Refusal> LogHub::seal(const HubLogPtr& log, const logs::WriterId& writer,
                                    const logs::Seal& seal) {
  const auto refusal = log->live.seal(writer, seal, Now::take());
  if (refusal) counts_.count(*refusal);
  flusher_.mark_dirty(log, 0);
  return refusal;
}

void LogHub::erase(const HubLogPtr& log) {
  flusher_.on_dropped(log->live.unstored_cost());
  log->live.erase(Now::take());
  flusher_.mark_dirty(log, 0);
  log->notify_changed();
  log->stored.notify_all();
}

bool LogHub::is_full(const HubLog& log) const { return load(log) >= 1; }

double LogHub::load(const HubLog& log) const {
  const auto share = [](std::size_t bytes, std::size_t limit) {
    return static_cast<double>(bytes) / static_cast<double>(limit);
  };
  return std::max(share(log.live.unstored_cost(), limits_.unstored_bytes_per_log),
                  share(flusher_.unstored_cost(), limits_.unstored_bytes));
}

std::chrono::milliseconds LogHub::append_interval(const HubLog& log) const {
  if (fault() && is_full(log)) return kFailedInterval;
  return hub::append_interval(is_followed(log), load(log));
}

bool LogHub::is_followed(const HubLog& log) const {
  const base::SteadyTime now = base::steady_now();
  return log.interest.is_fresh(now) || log.build->interest.is_fresh(now);
}

async::Awaitable<void> LogHub::wait_stored(HubLogPtr log, logs::Offset until,
                                           std::chrono::milliseconds limit) {
  const base::SteadyTime begun = base::steady_now();
  const base::SteadyTime give_up = begun + limit;
  const std::uint64_t generation = log->live.record().generation.number;
  const auto is_stored = [&log, until, generation] {
    const LiveLog& live = log->live;
    if (live.record().generation.number != generation) return true;
    return live.durable() >= until && (!live.record().finished || live.has_ended());
  };
  while (!is_stored() && base::steady_now() < give_up) {
    flusher_.hurry();
    co_await log->stored.wait_until(give_up);
  }
  counts_.acknowledgement_wait.observe(base::time_since(begun));
}

async::Awaitable<void> LogHub::wait_for_room(HubLogPtr log, std::chrono::milliseconds limit) {
  const base::SteadyTime begun = base::steady_now();
  const base::SteadyTime give_up = begun + limit;
  // Any log's commit may make room when it is the sum that is too much.
  while (is_full(*log) && base::steady_now() < give_up) {
    flusher_.hurry();
    co_await flusher_.wait_for_commit(give_up);
  }
  counts_.held_back += base::time_since(begun);
}

HubFacts LogHub::facts() const {
  HubFacts facts;
  std::size_t cost = 0;
  for (const auto& [id, log] : logs_) {
    if (log->live.is_in_use()) ++facts.live_logs;
    facts.log_followers += log->interest.followers();
    facts.pending_bytes += log->live.unstored_cost();
    cost += log->live.cost();
  }
  // Of a chunk that is stored in part all of it is held.
  facts.kept_bytes = cost > facts.pending_bytes ? cost - facts.pending_bytes : 0;
  facts.build_followers = builds_.followers();
  return facts;
}

// ---- liveness

async::Awaitable<void> LogHub::watch_liveness() {
  while (!is_draining_) {
    bool has_open = false;
    for (const auto& [id, log] : logs_) {
      has_open = has_open || log->live.is_open();
      if (!log->live.check_liveness(base::steady_now())) continue;
      flusher_.mark_dirty(log, 0);
      log->notify_changed();
    }
    // Without an open log there is nothing to look at until one is opened.
    if (has_open) {
      co_await liveness_woken_.wait_until(base::steady_now() + kLivenessInterval);
    } else {
      co_await liveness_woken_.wait();
    }
  }
}

}  // namespace vela::hub
