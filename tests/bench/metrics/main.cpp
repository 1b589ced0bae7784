// What counting costs where bytes come in, and what a scrape costs: `make bench-metrics`.
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/api/metrics.hpp"
#include "core/api/router.hpp"
#include "core/hub/log_hub.hpp"
#include "core/store/log_store.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""h;

constexpr int kPieces = 10'000;
constexpr int kRounds = 15;
constexpr int kScrapes = 200;
// Pieces between two commits, so that memory stays as it does on a server.
constexpr int kPiecesPerCommit = 500;

const logs::WriterId kWriter = logs::WriterId::parse("0123456789abcdef0123456789abcdef").value();

hub::WriterClaim make_claim() {
  hub::WriterClaim claim;
  claim.writer = kWriter;
  claim.clock.emplace();
  claim.clock->arrived = claim.clock->sent = base::wall_now();
  return claim;
}

// Nanoseconds a piece: LiveLog::place, with what LogHub counts of it or without.
double measure_placing(std::size_t bytes, bool is_counted) {
  hub::LiveLog log(logs::LogId::parse("octocat/hello/42/steps/3").value(), hub::Now::take());
  hub::HubCounts counts;
  hub::WriterClock clock;
  const hub::WriterClaim claim = make_claim();
  if (log.claim(claim, 1, hub::Now::take())) return 0;
  clock.take(*claim.clock, base::steady_now());
  const std::string piece(bytes, 'x');
  std::vector<logs::TimeMark> marks{{0, base::wall_now(), logs::Stream::out}};
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < kPieces; ++i) {
    const hub::Now now = hub::Now::take();
    marks[0].time = now.wall;
    const logs::Offset end = log.received();
    if (log.place(kWriter, end, piece, marks, now)) return 0;
    if (is_counted) counts.count_placed({end, bytes, end, log.received()}, marks, clock, now);
    if (i % kPiecesPerCommit != 0) continue;
    static_cast<void>(log.take_batch());
    log.on_stored();
    log.free_stored(0);
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
  if (is_counted && counts.received_bytes != bytes * kPieces) return 0;
  return took.count() / kPieces;
}

void compare_placing(std::size_t bytes) {
  double alone = 1e12;
  double counted = 1e12;
  // In turn, and the best of each: what else the machine does falls on both alike.
  for (int round = 0; round < kRounds; ++round) {
    alone = std::min(alone, measure_placing(bytes, false));
    counted = std::min(counted, measure_placing(bytes, true));
  }
  std::printf("  placing a piece of %5zu bytes: %7.1f ns, counted %7.1f ns, %.3fx\n", bytes, alone,
              counted, counted / alone);
}

async::Awaitable<void> open_logs(hub::LogHub& hub, int count) {
  for (int i = 1; i <= count; ++i) {
    logs::LogId id{{"octocat", "hello", 42}, logs::LogKind::step, static_cast<std::uint16_t>(i)};
    const auto log = co_await hub.open(std::move(id));
    if (!log || hub.claim(*log, make_claim())) continue;
    const std::vector<logs::TimeMark> marks{{0, base::wall_now(), logs::Stream::out}};
    static_cast<void>(hub.place(*log, kWriter, 0, "a line of output\n", marks));
  }
}

void measure_scrape(int logs) {
  std::string folder = (std::filesystem::temp_directory_path() / "vela-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return;
  const auto store = store::open_store(folder + "/x.db");
  if (!store) return;
  {
    boost::asio::io_context loop;
    boost::asio::thread_pool pool(1);
    hub::LogHub hub(loop.get_executor(), pool, **store, 1h);
    api::Metrics metrics;
    const api::Router router(hub, metrics);
    boost::asio::co_spawn(loop, open_logs(hub, logs), boost::asio::detached);
    loop.run();
    std::size_t size = 0;
    double best = 1e12;
    double sum = 0;
    for (int i = 0; i < kScrapes; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      size = metrics.page().size();
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - begun;
      best = std::min(best, took.count());
      sum += took.count();
    }
    std::printf("  a scrape with %5zu live logs: best %.3f ms, mean %.3f ms, %zu bytes\n",
                hub.facts().live_logs, best, sum / kScrapes, size);
    pool.join();
  }
  static_cast<void>((*store)->close());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace vela::bench

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::puts("Counting, beside LiveLog::place alone in the same run:");
  for (const std::size_t bytes : {std::size_t{20}, std::size_t{100}, std::size_t{4096}})
    vela::bench::compare_placing(bytes);
  std::puts("A scrape, on the server's thread:");
  for (const int logs : {1, 1000}) vela::bench::measure_scrape(logs);
}
