#include "bench/methods/follower.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include <boost/json/parse.hpp>

#include "bench/base64.hpp"
#include "bench/methods/stop.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr auto kPageInterval = 5s;
constexpr auto kLookEvery = 20ms;
// A tail that has not ended by then does not end.
constexpr auto kTailEnd = 30s;

class TailFollower final : public Follower {
 public:
  explicit TailFollower(Process tail) : tail_(std::move(tail)), reader_([this] { read(); }) {}
  ~TailFollower() override {
    if (!reader_.joinable()) return;
    tail_.signal(SIGKILL);  // ends its output, and with it the thread
    reader_.join();
  }

  std::vector<Delay> finish() override {
    const auto until = std::chrono::steady_clock::now() + kTailEnd;
    while (!tail_.has_ended() && std::chrono::steady_clock::now() < until) pause(kLookEvery);
    if (!tail_.has_ended()) throw std::runtime_error("tail does not end");
    reader_.join();
    if (tail_.wait() != 0) throw std::runtime_error("tail failed");
    return std::move(delays_);
  }

 private:
  void read() {
    std::string text;
    std::array<char, 64 * 1024> buffer{};
    while (true) {
      const ssize_t length = ::read(tail_.out(), buffer.data(), buffer.size());
      const long long now = now_nanoseconds();
      if (length <= 0) return;
      text.append(buffer.data(), static_cast<std::size_t>(length));
      for (const Delay& delay : take_delays(text, now)) delays_.push_back(delay);
    }
  }

  Process tail_;
  std::vector<Delay> delays_;  // of reader_, until that has ended
  std::thread reader_;
};

// What the page shows of one log.
class PageFollower final : public Follower {
 public:
  PageFollower(const MeasuredServer& server, int logs)
      : server_(server), seen_(static_cast<std::size_t>(logs)), poller_([this] { poll(); }) {}
  ~PageFollower() override { join(); }

  std::vector<Delay> finish() override {
    join();
    if (!failure_.empty()) throw std::runtime_error(failure_);
    return std::move(delays_);
  }

 private:
  void join() {
    has_ended_ = true;
    if (poller_.joinable()) poller_.join();
  }

  // The last look is after the end, as the page's is.
  void poll() try {
    bool is_last = false;
    while (!is_last) {
      is_last = has_ended_;
      const auto next = std::chrono::steady_clock::now() + kPageInterval;
      for (std::size_t i = 0; i < seen_.size(); ++i) look(i);
      while (!is_last && !has_ended_ && std::chrono::steady_clock::now() < next)
        std::this_thread::sleep_for(kLookEvery);
    }
  } catch (const std::exception& error) {
    failure_ = error.what();
  }

  void look(std::size_t index) {
    const std::string text = server_.ask("GET", whole_log_path(static_cast<int>(index) + 1));
    const boost::json::value answer = boost::json::parse(text);
    const auto log = from_base64(answer.at("data").as_string());
    const long long now = now_nanoseconds();
    if (!log || log->size() < seen_[index]) return;
    std::string fresh = log->substr(seen_[index]);
    const std::size_t bytes = fresh.size();
    for (const Delay& delay : take_delays(fresh, now)) delays_.push_back(delay);
    seen_[index] += bytes - fresh.size();
  }

  const MeasuredServer& server_;
  std::atomic<bool> has_ended_ = false;
  // Of poller_, until that has ended.
  std::vector<std::size_t> seen_;  // bytes of whole lines
  std::vector<Delay> delays_;
  std::string failure_;
  std::thread poller_;
};

}  // namespace

std::unique_ptr<Follower> follow(const Setting& setting, const Case& what,
                                 const MeasuredServer& server) {
  const bool follows_all = what.followed == Followed::all;
  if (what.is_yardstick())
    return std::make_unique<PageFollower>(server, follows_all ? what.steps : 1);
  const std::string target = std::string(kBuild) + (follows_all ? "" : "/steps/1");
  return std::make_unique<TailFollower>(Process(
      {setting.vela_logs, "tail", "--server", server.socket_url(), target}, true, setting.errors));
}

}  // namespace vela::bench
