#include "core/uplink/path_probe.hpp"

#include <utility>
#include <variant>

#include "core/uplink/rejected_path.hpp"

namespace vela::uplink {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using Micros = std::chrono::microseconds;

// Nothing was learned, because the server or this run had other troubles.
constexpr auto kAskAgainAfter = 30s;
// A busy machine may be late once; a proxy that buffers is late always.
constexpr int kProbesToReject = 2;
// A live stream this long must have arrived over at least half of the time that it was sent over.
// Shorter ones are in one packet, or nearly so.
constexpr Micros kTellingSpan = 500ms;

std::string in_ms(Micros time) { return std::to_string(time.count() / 1000) + " ms"; }

const logs::Acknowledgement* find_ack(const Reply& reply) {
  return std::get_if<logs::Acknowledgement>(&reply);
}

}  // namespace

bool PathProbe::is_due(base::SteadyTime now) const {
  return !is_good_ && !is_probing_ && !suspicion_ && now >= not_before_;
}

void PathProbe::on_probe(const ProbeReply& probe, base::SteadyTime now) {
  is_probing_ = false;
  not_before_ = now + kAskAgainAfter;
  if (const auto* ack = find_ack(probe.reply)) return judge(probe, *ack, now);
  if (!probe.was_sent) return;
  if (const auto* refusal = std::get_if<Refusal>(&probe.reply)) {
    if (refusal->kind == RefusalKind::too_large) reject("a stream is too large for it", now);
    return;
  }
  suspicion_ = "a trial stream failed: " + std::get<Failure>(probe.reply).text;
}

// The second piece must arrive when it was sent: not together with the first, and not held back
// until the end of the body.
void PathProbe::judge(const ProbeReply& probe, const logs::Acknowledgement& ack,
                      base::SteadyTime now) {
  const Micros sent_over = probe.second_piece;
  const Micros arrived_over = ack.received_over.value_or(0ms);
  const std::string facts = "pieces sent " + in_ms(sent_over) + " apart arrived " +
                            in_ms(arrived_over) + " apart, the answer came after " +
                            in_ms(probe.answer);
  if (arrived_over < sent_over / 2 || arrived_over > (sent_over + probe.end) / 2 ||
      probe.answer > kProbeLimit) {
    return reject(facts, now);
  }
  is_good_ = true;
  failed_probes_ = 0;
  news_ = "output goes down a stream: " + facts;
}

void PathProbe::on_stream(const StreamReport& stream, const Reply& reply, base::SteadyTime now) {
  if (!is_good_ || stream.sent == 0) return;
  if (const auto* ack = find_ack(reply)) {
    const Micros arrived_over = ack->received_over.value_or(0ms);
    if (ack->offset < stream.end) {
      // A server that drains, or is full, takes less too; the next answer tells.
      suspicion_ = "bytes of a stream were missing";
    } else if (stream.span >= kTellingSpan && arrived_over < stream.span / 2) {
      reject("output sent over " + in_ms(stream.span) + " arrived within " + in_ms(arrived_over),
             now);
    }
    return;
  }
  const auto* failure = std::get_if<Failure>(&reply);
  if (failure != nullptr && stream.was_fresh) suspicion_ = "a stream failed: " + failure->text;
}

void PathProbe::on_reply(const Reply& reply, base::SteadyTime now) {
  const std::optional<std::string> suspicion = std::exchange(suspicion_, std::nullopt);
  if (suspicion && find_ack(reply) != nullptr) reject(*suspicion, now);
}

void PathProbe::reject(const std::string& why, base::SteadyTime now) {
  if (!is_good_ && ++failed_probes_ < kProbesToReject) {
    not_before_ = now;
    return;
  }
  is_good_ = false;
  failed_probes_ = 0;
  not_before_ = now + kRejectedFor;
  news_ = tell_rejected(why);
}

std::optional<std::string> PathProbe::take_news() { return std::exchange(news_, std::nullopt); }

}  // namespace vela::uplink
