#include "core/step/resume_run.hpp"

#include <signal.h>

#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"
#include "core/base/quantity.hpp"
#include "core/step/verdict.hpp"

namespace vela::step {
namespace {

using std::chrono_literals::operator""s;

// How often to look whether something has moved, and to say how far it is.
constexpr auto kLookEvery = 1s;
constexpr auto kTellEvery = 5s;
// What was given up ends at once; more than this is stuck.
constexpr auto kTasksEnd = 1s;

}  // namespace

ResumeRun::ResumeRun(boost::asio::any_io_executor executor, buffer::SpoolDirectory directory,
                     std::string server, net::BearerToken token, std::chrono::microseconds patience)
    : patience_(patience),
      leftovers_(executor, std::move(directory), std::move(server), std::move(token)),
      signals_(executor, {SIGINT, SIGTERM, SIGHUP, SIGQUIT}),
      changed_(executor),
      moved_at_(base::steady_now()),
      told_at_(moved_at_),
      tasks_(executor) {}

async::Awaitable<int> ResumeRun::run() {
  tasks_.spawn("leftovers", deliver());
  tasks_.spawn("signals", watch_signals());
  while (!is_over_) {
    const base::SteadyTime until = base::steady_now() + kLookEvery;
    co_await changed_.wait_until(until);
    look(base::steady_now());
  }
  signals_.cancel();
  if (!co_await tasks_.join(kTasksEnd)) tasks_.cancel();
  co_return sum_up();
}

async::Awaitable<void> ResumeRun::deliver() {
  co_await leftovers_.run();
  is_over_ = true;
  changed_.notify_all();
}

async::Awaitable<void> ResumeRun::watch_signals() {
  const Result<int> signal = co_await signals_.next();
  if (!signal) co_return;
  signal_ = *signal;
  leftovers_.give_up("interrupted");
}

void ResumeRun::look(base::SteadyTime now) {
  const auto progress = leftovers_.progress();
  if (progress != seen_) moved_at_ = now;
  seen_ = progress;
  if (!progress) return;
  if (now - moved_at_ >= patience_)
    leftovers_.give_up("nothing moved for " + base::format_duration(patience_));
  if (now - told_at_ < kTellEvery) return;
  told_at_ = now;
  spdlog::info("{}: {} bytes left", progress->log, progress->bytes_left);
}

int ResumeRun::sum_up() const {
  const uplink::Leftovers::Tally& tally = leftovers_.tally();
  spdlog::info("{} delivered, {} refused, {} left", tally.delivered, tally.rejected, tally.left);
  if (signal_ != 0) return kSignalBase + signal_;
  return tally.rejected + tally.left == 0 ? 0 : kNotDelivered;
}

}  // namespace vela::step
