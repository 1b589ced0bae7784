#include "core/uplink/delivery_machine.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/assert.hpp"

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""s;

// Passed unchanged through every proxy that was tried; the server takes up to 1 MiB.
constexpr logs::ByteCount kMaxAppendBytes = 256 * 1024;
// One stream, however much may be held.
constexpr logs::ByteCount kMaxStreamBytes = 16 * 1024 * 1024;
// Far less than a spool keeps in memory: what is sent late comes from its file, at twice the cost.
constexpr logs::ByteCount kMaxBehind = 512 * 1024;
// The server expects to hear a writer every 15 s; a request may take a few seconds itself.
constexpr auto kSignOfLife = 10s;
// The shortest keep-alive that was met in proxies is 5 s: a connection that was quiet for less is
// there still.
constexpr auto kSurelyAlive = 4s;

logs::ByteCount first_body_limit(const DeliveryOptions& options, std::uint64_t room) {
  if (buffer::row_of(options.method).transport == buffer::Transport::append) return kMaxAppendBytes;
  // The room is for what is being stored, what is being sent, and what gathers meanwhile.
  return std::min<logs::ByteCount>(kMaxStreamBytes, room / 4);
}

// The method's own rule, as the user set it.
buffer::FlushPolicy make_policy(const DeliveryOptions& options) {
  const buffer::MethodRow& row = buffer::row_of(options.method);
  const bool is_timed = row.method == buffer::Method::time_chunks;
  return {is_timed ? options.flush_interval.value_or(row.interval) : row.interval,
          options.flush_bytes ? *options.flush_bytes + 1 : row.max_bytes};
}

}  // namespace

DeliveryMachine::DeliveryMachine(DeliveryOptions options, base::SteadyTime now,
                                 std::function<double()> lot, HeldLog held)
    : options_(options),
      row_(buffer::row_of(options_.method)),
      policy_(make_policy(options_)),
      lot_(std::move(lot)),
      held_(std::move(held)),
      writer_(held_.spool().ownership().writer),
      // A leftover takes nothing in.
      room_(options_.is_leftover ? std::numeric_limits<std::uint64_t>::max()
                                 : held_.spool().room(options_.window_bytes)),
      durable_(held_.begin()),
      next_(held_.begin()),
      is_owner_(held_.spool().ownership().is_owner),
      // The run before may have died between the seal and its answer.
      has_sent_seal_(held_.spool().found_end().has_value()),
      heard_at_(now),
      pending_since_(now),
      bytes_acked_at_(base::SteadyTime::min()),
      body_limit_(first_body_limit(options_, room_)) {
  const logs::WriterId replaces = held_.spool().ownership().replaces;
  if (!replaces.is_set()) return;
  takeover_ = replaces;
  is_replacing_self_ = true;
}

void DeliveryMachine::push(std::string_view bytes, base::WallTime time, logs::Stream stream,
                           base::SteadyTime now) {
  VELA_ASSERT(!ending_);
  if (held_.end() == sent_until()) pending_since_ = now;
  held_.push(bytes, time, stream);
  if (const auto failure = held_.spool().take_write_failure())
    say(true, failure->text() + "; bytes wait in memory only until it can be written again");
  // Nothing of a stopped delivery waits to be sent.
  if (progress_ != Progress::open) next_ = held_.end();
}

bool DeliveryMachine::is_full() const { return held_.spool().is_full(options_.window_bytes); }

bool DeliveryMachine::is_half_full() const {
  return !options_.is_leftover && held_.spool().is_half_full(options_.window_bytes);
}

logs::Offset DeliveryMachine::sent_until() const {
  return std::max(next_, in_flight_.from + in_flight_.bytes);
}

bool DeliveryMachine::is_behind() const { return sent_until() + kMaxBehind < held_.end(); }

bool DeliveryMachine::uses_stream() const {
  if (row_.transport == buffer::Transport::automatic) return path_.uses_stream();
  return row_.transport == buffer::Transport::stream;
}

logs::ByteCount DeliveryMachine::append_limit() const {
  return std::min(body_limit_, kMaxAppendBytes);
}

void DeliveryMachine::end(Ending ending) {
  ending_ = std::move(ending);
  held_.spool().write_end(make_seal());
}

Action DeliveryMachine::next(base::SteadyTime now) {
  if (const auto& failure = held_.spool().read_failure()) {
    last_failure_ = failure->text();
    give_up(last_failure_);
  }
  if (progress_ != Progress::open) return next_after_log(now);
  if (now < not_before_) return Wait{not_before_};
  if (needs_announcement_) return announce(false);
  // The last bytes travel with the seal.
  if (ending_ && unsent() <= append_limit()) return send_seal();
  if (uses_socket(now)) return open_socket();
  const auto due = send_due(now);
  if (due && *due <= now) return send_bytes(now);
  // All is sent and the child waits: ask for what lets it go on.
  if (is_full()) return announce(true);
  const base::SteadyTime sign_at = heard_at_ + kSignOfLife;
  if (now >= sign_at) return announce(false);
  return Wait{due ? std::min(*due, sign_at) : sign_at};
}

Action DeliveryMachine::next_after_log(base::SteadyTime now) {
  if (!ending_) return Wait{base::SteadyTime::max()};
  if (!options_.end_build || is_build_ended_) return Done{};
  if (now < not_before_) return Wait{not_before_};
  return EndBuild{};
}

std::optional<base::SteadyTime> DeliveryMachine::send_due(base::SteadyTime now) const {
  const bool is_wanted = ending_.has_value() || is_half_full();
  const auto due = policy_.due({unsent(), pending_since_, is_wanted}, now);
  // A stream sends at once; so does an append whose pause has passed while nothing came.
  if (!due || is_wanted || uses_stream() || unsent() >= append_limit()) return due;
  if (pause_.count() == 0 || bytes_acked_at_ == base::SteadyTime::min()) return due;
  return std::max(*due, bytes_acked_at_ + pause_);
}

Action DeliveryMachine::announce(bool wants_durable) {
  in_flight_ = {next_, 0, pending_since_, false, wants_durable, false};
  Send send;
  send.writer = writer_;
  send.from = send.to = next_;
  send.is_announcement = true;
  send.takeover = takeover_;
  send.is_forced = is_replacing_self_;
  send.wants_durable = wants_durable;
  send.needs_fresh_connection = is_failing_;
  return send;
}

Action DeliveryMachine::send_bytes(base::SteadyTime now) {
  if (uses_stream()) {
    // In little room the next stream fills it: the question would come too late.
    const bool is_close = was_fast_ && room_ / 4 < kMaxStreamBytes;
    const bool wants_durable = is_close || is_half_full();
    // The body of a stream can't be sent again by libcurl when a kept-alive connection turns out
    // dead: after a failure the next one gets a connection of its own.
    const bool needs_fresh = is_failing_ || back_off_.failures() != 0;
    in_flight_ = {next_,          0,
                  pending_since_, false,
                  wants_durable,  needs_fresh || now < heard_at_ + kSurelyAlive};
    stream_.emplace(next_, body_limit_, wants_durable, now);
    return OpenStream{writer_, next_, wants_durable, needs_fresh};
  }
  Send send;
  send.writer = writer_;
  send.from = next_;
  send.to = next_ + std::min(unsent(), append_limit());
  // Not for what is yet to be sent: each such answer takes a commit.
  const bool is_last = send.to == held_.end();
  send.wants_durable = send.to - held_.begin() > room_ / 2 ||
                       (is_last && is_half_full() && send.from != held_.begin());
  send.needs_fresh_connection = is_failing_;
  in_flight_ = {next_, send.to - send.from, pending_since_, false, send.wants_durable, false};
  return send;
}

Action DeliveryMachine::send_seal() {
  Send send;
  send.writer = writer_;
  send.from = next_;
  send.to = held_.end();
  send.needs_fresh_connection = is_failing_;
  send.seal = make_seal();
  in_flight_ = {next_, unsent(), pending_since_, true, false, false};
  has_sent_seal_ = true;
  return send;
}

logs::Seal DeliveryMachine::make_seal() const {
  logs::Seal seal = held_.seal();
  seal.status = ending_->status;
  seal.exit_code = ending_->exit_code;
  seal.reason = ending_->reason;
  seal.dropped = ending_->dropped;
  return seal;
}

StreamStep DeliveryMachine::next_upload(base::SteadyTime now) {
  // A delivery that was given up closes what is still open.
  if (!stream_ || progress_ != Progress::open) return {StreamStep::Kind::close, 0, 0, now};
  return stream_->step({held_.end(), ending_.has_value(), is_half_full(), is_full()}, now);
}

void DeliveryMachine::on_uploaded(logs::Offset upto, base::SteadyTime now) {
  VELA_ASSERT(stream_);
  stream_->on_sent(upto, now);
  in_flight_.bytes = stream_->sent();
}

void DeliveryMachine::give_up(std::string_view why) {
  if (progress_ == Progress::open) {
    progress_ = Progress::stopped;
    stop_reason_ = last_failure_.empty() ? std::string(why) : last_failure_;
    held_.discard();
    next_ = held_.end();
  }
  is_build_ended_ = true;
}

Outcome DeliveryMachine::outcome() const {
  Outcome outcome;
  outcome.is_sealed = progress_ == Progress::sealed || progress_ == Progress::incomplete;
  outcome.dropped = ending_ ? ending_->dropped : 0;
  outcome.is_whole = progress_ == Progress::sealed && held_.lost() == 0 && outcome.dropped == 0;
  outcome.is_refused = is_refused_;
  outcome.length = held_.end();
  outcome.durable = durable_;
  outcome.lost = held_.lost();
  outcome.reason = stop_reason_;
  if (progress_ == Progress::incomplete) {
    outcome.reason = "the server found that what arrived is not what was sent";
  } else if (progress_ == Progress::sealed && held_.lost() != 0) {
    outcome.reason = "the server lost " + std::to_string(held_.lost()) + " bytes";
  } else if (progress_ == Progress::sealed && outcome.dropped != 0) {
    outcome.reason = std::to_string(outcome.dropped) + " bytes found no room and were dropped";
  }
  return outcome;
}

std::vector<Notice> DeliveryMachine::take_notices() { return std::exchange(notices_, {}); }

}  // namespace vela::uplink
