#include "core/follow/reading_way.hpp"

#include <algorithm>
#include <utility>

namespace vela::follow {
namespace {

// The server greets at once. Longer than a round trip with TLS to the other side of the world;
// short enough for a person who waits for the first line.
constexpr std::chrono::milliseconds kHelloLimit{1500};
// 2 x heartbeat and a half, and as much longer than a poll: one heartbeat may be lost in a proxy's
// restart, two mean that the peer is gone.
constexpr std::chrono::seconds kSilenceLimit{25};
// How long polls are sent before an open answer is tried again. A path changes seldom, and trying
// delays lines by kHelloLimit.
constexpr std::chrono::minutes kPollsFor{10};
// A transfer that took this long did what it was for. Below the shortest limit that people set in
// proxies (2 s), so that a reader who is cut that often is back at once each time.
constexpr std::chrono::seconds kGoodTransfer{1};
constexpr std::chrono::seconds kShortestPoll{1};
// From one poll to the next: dense output comes in a few polls instead of one for each line. A line
// that was waited for is not delayed.
constexpr std::chrono::milliseconds kPollPace{20};

}  // namespace

ReadingWay::Kind ReadingWay::begin(base::SteadyTime now) {
  if (std::exchange(is_doubted_, false)) {
    kind_ = Kind::inquiry;
  } else {
    kind_ = now < polls_until_ ? Kind::poll : Kind::events;
  }
  begun_at_ = now;
  dead_at_ = now + (is_open_answer() ? kHelloLimit : kSilenceLimit);
  return kind_;
}

// A proxy may pass the head on and hold the body back: an open answer begins with its body.
void ReadingWay::on_head(base::SteadyTime now) {
  if (!is_open_answer()) dead_at_ = now + kSilenceLimit;
}

void ReadingWay::on_bytes(base::SteadyTime now) { dead_at_ = now + kSilenceLimit; }

void ReadingWay::on_pause(base::SteadyTime now) { dead_at_ = now + kSilenceLimit; }

bool ReadingWay::on_hello(base::SteadyTime now) {
  // Where the inquiry took long too, the server or the line is slow and the path proves nothing.
  if (kind_ != Kind::inquiry || now - begun_at_ > kHelloLimit) return false;
  polls_until_ = now + kPollsFor;
  poll_wait_ = kLongestPoll;
  return true;
}

bool ReadingWay::on_held_back() {
  if (!is_open_answer()) return false;
  is_doubted_ = true;
  return true;
}

bool ReadingWay::on_poll_failed(base::SteadyTime now) {
  if (kind_ != Kind::poll || !has_held(now) || poll_wait_ == kShortestPoll) return false;
  poll_wait_ = std::max(poll_wait_ / 2, kShortestPoll);
  return true;
}

base::SteadyTime ReadingWay::next_poll_at() const { return begun_at_ + kPollPace; }

bool ReadingWay::has_held(base::SteadyTime now) const { return now - begun_at_ >= kGoodTransfer; }

}  // namespace vela::follow
