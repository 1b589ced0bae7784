#include "core/step/resume_run.hpp"

#include <signal.h>

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"
#include "core/base/quantity.hpp"
#include "core/base/status_line.hpp"
#include "core/step/verdict.hpp"

namespace vela::step {
namespace {

using std::chrono_literals::operator""s;

// How often to look whether something has moved.
constexpr auto kLookEvery = 1s;
// What was given up ends at once; more than this is stuck.
constexpr auto kTasksEnd = 1s;

}  // namespace

ResumeRun::ResumeRun(boost::asio::any_io_executor executor, buffer::SpoolDirectory directory,
                     std::string server, net::BearerToken token, std::chrono::microseconds patience)
    : patience_(patience),
      leftovers_(executor, std::move(directory), std::move(server), std::move(token)),
      signals_(executor, {SIGINT, SIGTERM, SIGHUP, SIGQUIT}),
      changed_(executor),
      drain_report_(base::has_status_line()),
      moved_at_(base::steady_now()),
      tasks_(executor) {}

async::Awaitable<int> ResumeRun::run() {
  tasks_.spawn("leftovers", deliver());
  tasks_.spawn("signals", watch_signals());
  while (!is_over_) {
    const base::SteadyTime now = base::steady_now();
    base::SteadyTime until = now + kLookEvery;
    if (drain_report_.look_at() > now) until = std::min(until, drain_report_.look_at());
    co_await changed_.wait_until(until);
    look(base::steady_now());
  }
  base::clear_status_line();
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
  if (now - moved_at_ >= patience_) {
    leftovers_.give_up_server("nothing moved for " + base::format_duration(patience_));
    moved_at_ = now;
  }
  const auto word =
      drain_report_.next(progress->log, progress->bytes_left, moved_at_ + patience_, now);
  if (word && !base::show_status_line(*word)) spdlog::info("{}", *word);
}

int ResumeRun::sum_up() const {
  const uplink::Leftovers::Tally& tally = leftovers_.tally();
  std::string elsewhere;
  if (const std::size_t count = leftovers_.count_elsewhere(); count != 0)
    elsewhere = "; " + std::to_string(count) + " for other servers: not looked into";
  spdlog::info("{} delivered, {} refused, {} left{}", tally.delivered, tally.rejected, tally.left,
               elsewhere);
  if (signal_ != 0) return kSignalBase + signal_;
  return tally.rejected + tally.left == 0 ? 0 : kNotDelivered;
}

}  // namespace vela::step
