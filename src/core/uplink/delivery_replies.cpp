// The half of the machine that learns: what an answer says about where the log stands.
#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"
#include "core/uplink/delivery_machine.hpp"

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""s;

// A body as small as this that is still too large means something else.
constexpr logs::ByteCount kMinBodyBytes = 4 * 1024;
// A token is not renewed within seconds, and each try is a line in somebody's log.
constexpr auto kAccessPause = 30s;
// The server lets a takeover pass 30 s after the owner was last heard.
constexpr auto kTakeoverPause = 5s;

// Enough for two pieces; what is held back is held back however small it is.
constexpr logs::ByteCount kProbeBytes = 64;

constexpr std::string_view kSealedAlready = "the log is sealed";

}  // namespace

void DeliveryMachine::on_reply(const Reply& reply, base::SteadyTime now) {
  if (stream_) was_fast_ = stream_->was_fast();
  judge_path(reply, now);
  stream_.reset();
  socket_.reset();
  const InFlight sent = std::exchange(in_flight_, {});
  if (progress_ != Progress::open) return;  // given up meanwhile
  learn(reply, sent, now);
  // What was sent and is not there has waited since it came.
  if (next_ < sent.from + sent.bytes) pending_since_ = sent.since;
}

void DeliveryMachine::learn(const Reply& reply, const InFlight& sent, base::SteadyTime now) {
  if (const auto* ack = std::get_if<logs::Acknowledgement>(&reply)) {
    on_acknowledged(*ack, sent, now);
  } else if (const auto* refusal = std::get_if<Refusal>(&reply)) {
    on_refused(*refusal, sent, now);
  } else {
    on_failed(std::get<Failure>(reply).text, now);
  }
}

void DeliveryMachine::on_probe(const ProbeReply& probe, base::SteadyTime now) {
  path_.on_probe(probe, now);
  tell_path();
}

void DeliveryMachine::judge_path(const Reply& reply, base::SteadyTime now) {
  if (row_.transport == buffer::Transport::websocket) judge_socket_path(reply, now);
  if (row_.transport != buffer::Transport::automatic) return;
  if (stream_) {
    path_.on_stream({stream_->sent(), stream_->from() + stream_->sent(),
                     std::chrono::duration_cast<std::chrono::microseconds>(stream_->span()),
                     in_flight_.was_fresh},
                    reply, now);
  } else {
    path_.on_reply(reply, now);
  }
  tell_path();
}

void DeliveryMachine::tell_path() {
  if (auto news = path_.take_news()) say(false, std::move(*news));
}

// While they are still held: bytes that are durable are gone a moment later.
void DeliveryMachine::prepare_probe(const InFlight& sent, base::SteadyTime now) {
  if (row_.transport != buffer::Transport::automatic || ending_ || sent.bytes == 0) return;
  const logs::Offset from = std::max(held_.begin(), next_ - std::min(next_, kProbeBytes));
  if (from == next_ || !path_.is_due(now)) return;
  path_.begin();
  probe_ = Probe{writer_, from, held_.spool().slices(from, next_ - from)};
}

void DeliveryMachine::on_acknowledged(const logs::Acknowledgement& ack, const InFlight& sent,
                                      base::SteadyTime now) {
  ++acknowledgements_;
  has_contact_ = true;
  heard_at_ = now;
  if (ack.state == logs::AckState::canceled) is_canceled_ = true;
  if (std::exchange(is_failing_, false))
    say(false, "the server answers again, it has " + std::to_string(ack.offset) + " bytes");
  if (ack.state == logs::AckState::sealed) {
    if (!has_sent_seal_) return stop(kSealedAlready);
    return seal_ended(Progress::sealed);
  }
  const logs::Offset next_before = next_;
  const logs::Offset durable_before = held_.begin();
  if (!accept_offset(ack.offset)) return;
  needs_announcement_ = false;
  prepare_probe(sent, now);
  durable_ = std::min(ack.durable, ack.offset);
  held_.free_until(durable_);
  if (sent.bytes != 0) bytes_acked_at_ = now;
  // Not whole, and nothing that follows could change it.
  if (ack.state == logs::AckState::incomplete && sent.is_seal)
    return seal_ended(Progress::incomplete);

  if (row_.takes_server_interval) pause_ = options_.flush_interval.value_or(ack.interval);
  const bool has_moved = next_ > next_before || held_.begin() > durable_before;
  const bool was_to_move = sent.bytes != 0 || sent.is_seal || sent.wants_durable;
  if (has_moved || (!was_to_move && unsent() == 0)) {
    back_off_.reset();
  } else if (was_to_move) {
    // The server took nothing (its memory is full), or its store is slow: not at once again.
    not_before_ = now + std::max<std::chrono::microseconds>(back_off_.next(lot_()), pause_);
  }
}

void DeliveryMachine::on_refused(const Refusal& refusal, const InFlight& sent,
                                 base::SteadyTime now) {
  heard_at_ = now;
  switch (refusal.kind) {
    case RefusalKind::gap:
      has_contact_ = true;
      if (!is_owner_ || *refusal.offset == sent.from) return on_failed(refusal.text, now);
      static_cast<void>(accept_offset(*refusal.offset));
      return;
    case RefusalKind::other_writer:
      return on_other_writer(refusal, now);
    case RefusalKind::sealed:
      return stop(kSealedAlready);
    case RefusalKind::rejected:
      return stop(refusal.text);
    case RefusalKind::not_allowed:
      on_failed(refusal.text, now);
      if (refusal.has_new_token) return;
      if (!std::exchange(has_warned_access_, true))
        say(true, "the server does not let us write: " + refusal.text + "; trying again every 30s");
      not_before_ = now + kAccessPause;
      return;
    case RefusalKind::too_large:
      if (sent.bytes == 0 || body_limit_ <= kMinBodyBytes) return on_failed(refusal.text, now);
      body_limit_ = std::max(std::min(body_limit_, sent.bytes) / 2, kMinBodyBytes);
      needs_announcement_ = true;
      say(false,
          "a body was too large, from now on at most " + std::to_string(body_limit_) + " bytes");
      return;
    case RefusalKind::busy:
      on_failed(refusal.text, now);
      if (refusal.retry_after) not_before_ = std::max(not_before_, now + *refusal.retry_after);
      return;
  }
}

void DeliveryMachine::on_other_writer(const Refusal& refusal, base::SteadyTime now) {
  has_contact_ = true;
  if (is_replacing_self_ && refusal.writer && refusal.writer != takeover_)
    return stop("another run has taken the log over");
  if (options_.is_leftover) return stop("another run owns the log");
  const bool is_first_try = refusal.writer && takeover_ != refusal.writer;
  if (!std::exchange(has_warned_owner_, true))
    say(true, "another run owns the log; taking it over once that run is unheard for 30s");
  is_owner_ = false;
  is_replacing_self_ = false;
  has_sent_seal_ = false;
  needs_announcement_ = true;
  takeover_ = refusal.writer == writer_ ? std::nullopt : refusal.writer;
  last_failure_ = refusal.text;
  held_.set_owner(writer_, {}, false);
  not_before_ = is_first_try ? now : now + kTakeoverPause;
}

void DeliveryMachine::on_failed(const std::string& text, base::SteadyTime now) {
  ++failures_;
  if (!std::exchange(is_failing_, true)) say(false, text + "; trying again");
  last_failure_ = text;
  needs_announcement_ = true;
  not_before_ = now + back_off_.next(lot_());
}

bool DeliveryMachine::accept_offset(logs::Offset offset) {
  if (offset > held_.end() && (is_owner_ || is_replacing_self_)) {
    stop("the server holds bytes that this run never sent");
    return false;
  }
  if (!is_owner_) {
    become_owner(offset);
  } else if (offset < held_.begin()) {
    replace_self();
    return false;
  }
  next_ = offset;
  return true;
}

void DeliveryMachine::become_owner(logs::Offset offset) {
  if (!is_replacing_self_) {
    // None of our bytes are below the offset; those already freed are lost if there were any.
    held_.move_to(offset, held_.begin() - held_.base_offset());
  } else if (offset >= held_.begin()) {
    held_.continue_at(offset);
  } else {
    const logs::ByteCount lost = held_.begin() - offset;
    held_.move_to(offset, lost);
    say(true, "the server lost " + std::to_string(lost) + " bytes of the log");
  }
  is_owner_ = true;
  is_replacing_self_ = false;
  takeover_.reset();
  held_.set_owner(writer_, {}, true);
}

// The bytes between the server's offset and what is held are gone: what follows is another
// generation, written under another id.
void DeliveryMachine::replace_self() {
  takeover_ = std::exchange(writer_, logs::WriterId::make_random());
  is_owner_ = false;
  is_replacing_self_ = true;
  has_sent_seal_ = false;
  needs_announcement_ = true;
  held_.set_owner(writer_, *takeover_, false);
}

void DeliveryMachine::stop(std::string_view why) {
  progress_ = Progress::stopped;
  is_refused_ = true;
  stop_reason_ = why;
  held_.discard();
  next_ = held_.end();
  not_before_ = base::SteadyTime::min();
  // After the end the outcome says it.
  if (!ending_) say(true, "the log is no longer uploaded: " + stop_reason_ + "; the step goes on");
}

void DeliveryMachine::seal_ended(Progress progress) {
  VELA_ASSERT(ending_);
  progress_ = progress;
  durable_ = held_.end();
  held_.discard();
  next_ = held_.end();
  not_before_ = base::SteadyTime::min();
  back_off_.reset();
  say(false, "the log is sealed: " + std::to_string(held_.end()) + " bytes, " +
                 std::to_string(acknowledgements_) + " acknowledgements, " +
                 std::to_string(failures_) + " failed requests");
}

void DeliveryMachine::on_build_reply(int status, std::string_view text, base::SteadyTime now) {
  const bool may_pass = status == 0 || status == 408 || status == 429 || status >= 500;
  if (may_pass) {
    last_failure_ = text;
    not_before_ = now + back_off_.next(lot_());
    return;
  }
  is_build_ended_ = true;
  if (status < 200 || status >= 300) say(true, "the build was not ended: " + std::string(text));
}

void DeliveryMachine::say(bool is_warning, std::string text) {
  notices_.push_back({is_warning, std::move(text)});
}

}  // namespace vela::uplink
