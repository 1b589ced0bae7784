#include "bench/writers/whole_log_writer.hpp"

#include <cstdio>
#include <utility>

#include "core/base/clock.hpp"
#include "core/net/server_url.hpp"

#include "bench/base64.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""s;

constexpr auto kTick = 1s;
// As the client that Vela's worker uses.
constexpr auto kRequestLimit = 15s;
constexpr auto kTasksEnd = 5s;

}  // namespace

WholeLogWriter::WholeLogWriter(const boost::asio::any_io_executor& executor, StepPlan plan)
    : plan_(std::move(plan)),
      url_(net::url_at(plan_.server, logs::log_path(plan_.log) + "/logs")),
      output_(plan_.seed, plan_.pace, plan_.length),
      client_(executor),
      tasks_(executor) {}

async::Awaitable<bool> WholeLogWriter::run() {
  base::SteadyTime tick = base::steady_now() + plan_.start;
  co_await sleep_until(tick);
  tasks_.spawn("print", print());
  bool is_good = true;
  while (tasks_.size() > 0) {
    tick += kTick;
    if (tick < base::steady_now()) continue;
    co_await sleep_until(tick);
    if (log_.size() > sent_bytes_) is_good = co_await put();
  }
  if (log_.size() > sent_bytes_ || !is_good) is_good = co_await put();
  co_return co_await tasks_.join(kTasksEnd) && is_good;
}

async::Awaitable<void> WholeLogWriter::print() {
  const base::SteadyTime begin = base::steady_now();
  while (const auto due = output_.due()) {
    co_await sleep_until(begin + *due);
    log_ += output_.take();
  }
}

async::Awaitable<bool> WholeLogWriter::put() {
  sent_bytes_ = log_.size();
  net::ClientRequest request;
  request.method = "PUT";
  request.url = url_;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = R"({"data":")" + to_base64(log_) + R"("})";
  request.total_limit = kRequestLimit;
  const Result<net::ClientReply> reply = co_await client_.perform(std::move(request), nullptr);
  if (reply && reply->status == 200) co_return true;
  std::fprintf(
      stderr, "bench_writers: %s: %s\n", plan_.log.to_string().c_str(),
      reply ? ("HTTP " + std::to_string(reply->status)).c_str() : reply.error().text().c_str());
  co_return false;
}

}  // namespace vela::bench
