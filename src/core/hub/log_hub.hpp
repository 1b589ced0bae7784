#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/async/awaitable.hpp"
#include "core/hub/build_board.hpp"
#include "core/hub/flusher.hpp"
#include "core/hub/health.hpp"
#include "core/hub/hub_counts.hpp"
#include "core/hub/hub_log.hpp"
#include "core/hub/log_reader.hpp"
#include "core/logs/log_id.hpp"
#include "core/store/log_store.hpp"

namespace vela::hub {

struct HubLimits {
  // What is not stored may cost this much memory, the chunks' own needs included. Above, the log,
  // or all of them, are not read until the store has caught up.
  std::size_t unstored_bytes_per_log = 16 * 1024 * 1024;
  std::size_t unstored_bytes = 64 * 1024 * 1024;
  // Stored bytes that stay in memory for readers who are close behind.
  std::size_t kept_bytes_per_log = 256 * 1024;
  // Above this many logs in memory those that nobody uses are forgotten.
  std::size_t logs_in_memory = 512;
  // With less space than this beside the store the server is degraded.
  std::uint64_t least_free_bytes = 0;
};

struct UnstoredLog {
  logs::LogId id;
  logs::ByteCount bytes = 0;  // 0: only what is known of the log has changed
};

// All logs of this server: finds them in memory or in the store, and keeps the promises that need
// more than one log: flushing, liveness, builds, bounded memory.
//
// Executor: one thread; the store is reached through `pool`.
// Errors:   unavailable and corrupt, from the store.
// Lifetime: run() must have returned before it goes.
class LogHub {
 public:
  LogHub(boost::asio::any_io_executor executor, boost::asio::thread_pool& pool,
         store::LogStore& store, std::chrono::microseconds flush_interval, HubLimits limits = {});

  // Loads what is open in the store. Before anything else.
  [[nodiscard]] async::Awaitable<Result<void>> recover();
  // Flushes and watches until stop().
  [[nodiscard]] async::Awaitable<void> run();
  // From now on health() says that the server is about to go; all else goes on.
  void announce_drain() { is_leaving_ = true; }
  // From now on no write is begun; followers and writers that wait are woken so that they see it.
  void drain();
  // Stores what is pending, then lets run() end. After drain(), when no request is left.
  void stop();
  [[nodiscard]] bool is_draining() const { return is_draining_; }
  // What has been received and is not stored.
  [[nodiscard]] std::vector<UnstoredLog> unstored_logs() const;

  // The log, from memory or the store; a new pending one when nobody has written it.
  [[nodiscard]] async::Awaitable<Result<HubLogPtr>> open(logs::LogId id);
  // All logs of a build that were announced, services first, each by number.
  [[nodiscard]] async::Awaitable<Result<std::vector<HubLogPtr>>> open_build(logs::BuildId build);

  // ---- writing; each tells followers and the flusher

  [[nodiscard]] std::optional<Refusal> claim(const HubLogPtr& log, const WriterClaim& claim);
  void release(const HubLogPtr& log, const logs::WriterId& writer);
  [[nodiscard]] std::optional<Refusal> place(const HubLogPtr& log, const logs::WriterId& writer,
                                             logs::Offset at, std::string_view bytes,
                                             const std::vector<logs::TimeMark>& marks);
  [[nodiscard]] std::optional<Refusal> seal(const HubLogPtr& log, const logs::WriterId& writer,
                                            const logs::Seal& seal);

  // Takes the log's bytes away, as LiveLog::erase() says; wait_stored() waits for the commit.
  void erase(const HubLogPtr& log);

  // Whether the log, or all together, hold as much as may be unstored: do not read more of it.
  [[nodiscard]] bool is_full(const HubLog& log) const;
  // How long a writer of short appends should pause.
  [[nodiscard]] std::chrono::milliseconds append_interval(const HubLog& log) const;
  // Whether somebody waits for its output.
  [[nodiscard]] bool is_followed(const HubLog& log) const;
  // Somebody waits for the next commit.
  void hurry() { flusher_.hurry(); }
  // Waits until [0, until) of the log is stored, its end too when it was sealed, the generation has
  // changed, or `limit` has passed.
  [[nodiscard]] async::Awaitable<void> wait_stored(HubLogPtr log, logs::Offset until,
                                                   std::chrono::milliseconds limit);
  // Waits while is_full(log); at most `limit`.
  [[nodiscard]] async::Awaitable<void> wait_for_room(HubLogPtr log,
                                                     std::chrono::milliseconds limit);

  [[nodiscard]] LogReader& reader() { return reader_; }
  [[nodiscard]] BuildBoard& builds() { return builds_; }

  [[nodiscard]] Health health(base::SteadyTime now = base::steady_now()) const;
  // Why the store can't store at present; nothing when it can.
  [[nodiscard]] std::optional<std::string> fault(base::SteadyTime now = base::steady_now()) const {
    return flusher_.fault(now);
  }

  // Since the server began; whoever delivers to readers counts here too.
  [[nodiscard]] HubCounts& counts() { return counts_; }
  [[nodiscard]] const HubCounts& counts() const { return counts_; }
  // Looks at every log in memory.
  [[nodiscard]] HubFacts facts() const;
  [[nodiscard]] store::StoreFacts store_facts() const { return store_.facts(); }
  [[nodiscard]] store::SpaceTotals store_space() const { return store_.space(); }

  // For how long what should have been stored has not moved; 0 when all moves.
  [[nodiscard]] std::chrono::microseconds stuck_for(
      base::SteadyTime now = base::steady_now()) const {
    return flusher_.stuck_for(now);
  }

 private:
  // The share of the memory for unstored bytes that is in use; 1 or more is full.
  [[nodiscard]] double load(const HubLog& log) const;
  [[nodiscard]] HubLogPtr adopt(LiveLog live);
  [[nodiscard]] async::Awaitable<Result<std::vector<store::StoredLog>>> load_build(
      logs::BuildId build);
  void forget_unused();
  [[nodiscard]] async::Awaitable<void> watch_liveness();

  boost::asio::any_io_executor executor_;
  boost::asio::thread_pool& pool_;
  store::LogStore& store_;
  const HubLimits limits_;

  std::unordered_map<logs::LogId, HubLogPtr, logs::LogIdHash> logs_;
  std::size_t forget_above_;
  HubCounts counts_;
  Flusher flusher_;
  LogReader reader_;
  BuildBoard builds_;
  bool is_leaving_ = false;
  bool is_draining_ = false;
  async::Notifier liveness_woken_;  // a log was opened, or we stop
};

}  // namespace vela::hub
