#include "bench/writers/step_writer.hpp"

#include <cstdio>
#include <utility>

#include "core/uplink/leftovers.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""s;

// As run-step's --spool-limit and --drain-timeout.
constexpr std::uint64_t kSpoolBytes = 1024 * 1024 * 1024;
constexpr auto kDrain = 60s;
// Once delivery is over.
constexpr auto kTasksEnd = 5s;

}  // namespace

Result<std::unique_ptr<Writer>> StepWriter::make(const boost::asio::any_io_executor& executor,
                                                 StepPlan plan, buffer::Method method,
                                                 const buffer::SpoolDirectory& spools) {
  uplink::Target target;
  target.server = plan.server;
  target.log = plan.log;
  target.name = "step " + std::to_string(plan.log.number);
  target.started = base::wall_now();
  Result<buffer::Spool> spool = uplink::begin_spool(spools, target, kSpoolBytes);
  if (!spool) return spool.error();
  uplink::DeliveryOptions options;
  options.method = method;
  return std::make_unique<StepWriter>(executor, std::move(plan), std::move(target), options,
                                      uplink::HeldLog(std::move(*spool)));
}

StepWriter::StepWriter(const boost::asio::any_io_executor& executor, StepPlan plan,
                       uplink::Target target, uplink::DeliveryOptions options, uplink::HeldLog held)
    : plan_(std::move(plan)),
      output_(plan_.seed, plan_.pace, plan_.length),
      uplink_(executor, std::move(target), options, std::move(held), *this),
      over_(executor),
      tasks_(executor) {}

async::Awaitable<bool> StepWriter::run() {
  const base::SteadyTime begin = base::steady_now() + plan_.start;
  co_await sleep_until(begin);
  tasks_.spawn("uplink", uplink_.run());
  co_await print();
  uplink::Ending ending;
  ending.exit_code = 0;
  uplink_.end(std::move(ending));
  const base::SteadyTime until = base::steady_now() + kDrain;
  while (!uplink_.is_over() && base::steady_now() < until) co_await over_.wait_until(until);
  uplink_.give_up("the time for delivery is up");
  const bool has_ended = co_await tasks_.join(kTasksEnd);
  const uplink::Outcome outcome = uplink_.outcome();
  if (!outcome.is_whole)
    std::fprintf(stderr, "bench_writers: %s: not whole: %s\n", plan_.log.to_string().c_str(),
                 outcome.reason.c_str());
  co_return has_ended&& outcome.is_whole;
}

async::Awaitable<void> StepWriter::print() {
  const base::SteadyTime begin = base::steady_now();
  while (const auto due = output_.due()) {
    co_await sleep_until(begin + *due);
    if (!uplink_.has_room()) co_await uplink_.wait_for_room();
    uplink_.push(output_.take(), base::wall_now(), logs::Stream::out);
  }
}

}  // namespace vela::bench
