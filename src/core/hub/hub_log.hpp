#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/notifier.hpp"
#include "core/hub/append_pace.hpp"
#include "core/hub/durable_times.hpp"
#include "core/hub/live_log.hpp"

namespace vela::hub {

// A build as far as it can be waited for; shared by its logs and followers.
struct BuildWatch {
  explicit BuildWatch(const boost::asio::any_io_executor& executor) : changed(executor) {}

  // Of those who follow the whole build: a log that is begun is followed from its first byte.
  Interest interest;
  // A log of the build changed or was begun, or the build ended.
  async::Notifier changed;
  // How often a log was begun: rises when there may be one that a follower does not know.
  std::uint64_t begun = 0;
};

// A log with what it takes to wait for it.
//
// Lifetime: shared by the hub and by every request that uses it, so that the hub may forget a log
// while
//           a request ends.
struct HubLog {
  HubLog(const boost::asio::any_io_executor& executor, LiveLog state,
         std::shared_ptr<BuildWatch> build_watch)
      : live(std::move(state)),
        changed(executor),
        stored(executor),
        build(std::move(build_watch)) {}

  void notify_changed() {
    changed.notify_all();
    build->changed.notify_all();
  }

  LiveLog live;
  // Bytes came or the state changed: what a follower waits for.
  async::Notifier changed;
  // A commit that carried this log ended, well or not, or the server drains: what a writer waits for.
  async::Notifier stored;
  std::shared_ptr<BuildWatch> build;
  Interest interest;      // of those who follow it
  bool is_dirty = false;  // it stands in the flusher's list
  // For the lag alone.
  base::SteadyTime dirty_since;  // when the oldest of what the next commit carries came
  DurableTimes durable_times;
  WriterClock writer_clock;
};

using HubLogPtr = std::shared_ptr<HubLog>;

// Counts a follower of a log, or of a build, for as long as it lives.
class FollowerMark {
 public:
  explicit FollowerMark(const HubLogPtr& log) : FollowerMark({log, &log->interest}) {}
  explicit FollowerMark(const std::shared_ptr<BuildWatch>& build)
      : FollowerMark({build, &build->interest}) {}
  ~FollowerMark() { interest_->leave(base::steady_now()); }
  FollowerMark(const FollowerMark&) = delete;
  FollowerMark& operator=(const FollowerMark&) = delete;

 private:
  using Shared = std::shared_ptr<Interest>;
  explicit FollowerMark(Shared interest) : interest_(std::move(interest)) { interest_->join(); }

  Shared interest_;  // shares the log or the build that it is part of
};

}  // namespace vela::hub
