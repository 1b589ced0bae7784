#include "bench/methods/stop.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

namespace vela::bench {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto kLookEvery = 50ms;

std::atomic<bool> is_stopped = false;
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

void catch_stop_signals() {
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { is_stopped = true; });
}

void pause(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (true) {
    if (is_stopped) throw Stopped();
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= 0ms) return;
    std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(left, kLookEvery));
  }
}

}  // namespace vela::bench
