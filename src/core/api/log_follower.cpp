#include "core/api/log_follower.hpp"

#include <utility>

#include "core/api/log_json.hpp"

namespace vela::api {
namespace {

// What one write carries at most: large enough to catch up fast, small enough for a slow reader.
constexpr std::size_t kPullBytes = 256 * 1024;

}  // namespace

LogFollower::LogFollower(hub::LogHub& hub, hub::HubLogPtr log,
                         std::unique_ptr<EventEncoder> encoder)
    : hub_(hub), log_(std::move(log)), mark_(log_), encoder_(std::move(encoder)) {}

async::Awaitable<Result<void>> LogFollower::place(FollowFrom from) {
  const hub::LiveLog& live = log_->live;
  live_from_ = live.received();
  cursor_ = {live.record().generation.number, 0};
  if (from.cursor) {
    // The events after a cut are written by take_generation, as for a reader that was connected.
    cursor_ = *from.cursor;
  } else if (from.offset) {
    cursor_.offset = *from.offset;
  } else if (from.last_lines) {
    const logs::Offset end = live.received();
    const auto found = co_await hub_.reader().find_last_lines(log_, end, *from.last_lines);
    if (!found) co_return found.error();
    cursor_.offset = *found;
  }
  told_state_ = live.state();
  co_return Result<void>();
}

async::Awaitable<Result<void>> LogFollower::begin(std::string& out, FollowFrom from) {
  auto placed = co_await place(std::move(from));
  if (!placed) co_return placed;
  const hub::LiveLog& live = log_->live;
  const logs::Offset begin = live.resume_point(cursor_);
  encoder_->put_event(out, "hello", "", hello_data(live, begin));
  co_return placed;
}

bool LogFollower::is_over() const {
  // A log that was given up has ended for who reads it now, though its owner may still come back.
  const hub::LiveLog& live = log_->live;
  return live.has_ended() || live.state() == logs::LogState::incomplete;
}

bool LogFollower::has_news() const {
  const hub::LiveLog& live = log_->live;
  if (cursor_.generation != live.record().generation.number) return true;
  if (has_ended_) return false;
  return cursor_.offset < live.received() || is_over() || told_state_ != live.state();
}

void LogFollower::take_generation(std::string& out) {
  const hub::LiveLog& live = log_->live;
  const std::uint64_t generation = live.record().generation.number;
  if (cursor_.generation == generation) return;
  const logs::Offset resume = live.resume_point(cursor_);
  const bool is_void = resume < cursor_.offset;
  cursor_ = {generation, resume};
  has_ended_ = false;
  if (!is_void) return;
  encoder_->reset_output();
  encoder_->put_event(out, "reset", cursor_.to_string(), reset_data(live, resume));
}

async::Awaitable<Result<void>> LogFollower::pull(std::string& out) {
  take_generation(out);
  if (has_ended_) co_return Result<void>();
  const std::uint64_t generation = cursor_.generation;
  const hub::LiveLog& live = log_->live;
  if (cursor_.offset < live.received()) {
    const auto slices = co_await hub_.reader().read(log_, cursor_.offset, kPullBytes);
    // While the store was read the log may have changed hands, or been deleted: what was read may be
    // void, and what was not read may not be there.
    if (live.record().generation.number != generation) co_return Result<void>();
    if (!slices) co_return slices.error();
    encoder_->put_output(out, generation, *slices);
    count_pulled(*slices);
    if (!slices->empty()) cursor_.offset = slices->back().end;
  }
  if (told_state_ != live.state() && !is_over()) put_state(out);
  if (is_over() && cursor_.offset >= live.received()) put_end(out);
  co_return Result<void>();
}

void LogFollower::count_pulled(const std::vector<logs::ChunkSlice>& slices) {
  for (const logs::ChunkSlice& slice : slices) hub_.counts().delivered_bytes += slice.size();
  if (slices.empty() || oldest_pulled_ || slices.front().begin < live_from_) return;
  const logs::ChunkSlice& first = slices.front();
  oldest_pulled_ = *logs::find_mark_at(first.chunk->marks, first.begin);
  oldest_pulled_->offset = first.begin;
}

void LogFollower::on_sent() {
  if (!oldest_pulled_) return;
  const hub::Now now = hub::Now::take();
  hub::HubCounts& counts = hub_.counts();
  counts.durable_to_delivered.observe(
      log_->durable_times.since(oldest_pulled_->offset, now.steady));
  if (const auto written = log_->writer_clock.to_ours(oldest_pulled_->time, now.wall))
    counts.written_to_delivered.observe(now.wall - *written);
  oldest_pulled_.reset();
}

void LogFollower::put_end(std::string& out) {
  encoder_->finish_output(out, cursor_.generation);
  encoder_->put_event(out, "end", cursor_.to_string() + "-end", end_data(log_->live));
  has_ended_ = true;
}

void LogFollower::put_state(std::string& out) {
  told_state_ = log_->live.state();
  encoder_->put_event(out, "state", "", state_data(log_->live));
}

void LogFollower::put_heartbeat(std::string& out) {
  encoder_->put_heartbeat(out);
  if (log_->live.is_open()) put_state(out);
}

}  // namespace vela::api
