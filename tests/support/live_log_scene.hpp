#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/hub/live_log.hpp"

namespace vela::test {

using vela::base::Sha256;
using vela::hub::LiveLog;
using vela::hub::Now;
using vela::hub::Refusal;
using vela::hub::WriterClaim;
using vela::logs::Cursor;
using vela::logs::LogId;
using vela::logs::LogState;
using vela::logs::Offset;
using vela::logs::Seal;
using vela::logs::StepStatus;
using vela::logs::Stream;
using vela::logs::TimeMark;
using vela::logs::WriterId;

// A log, a clock, and what the store would have after each commit.
class Scene {
 public:
  Scene() : log_(LogId::parse("octocat/hello/42/steps/3").value(), now()) {}

  LiveLog& log() { return log_; }
  Now now() const { return {steady_, wall_}; }
  void pass(std::chrono::milliseconds time) {
    steady_ += time;
    wall_ += time;
  }

  std::optional<Refusal> claim(const WriterId& writer) {
    WriterClaim claim;
    claim.writer = writer;
    return log_.claim(claim, kKey, now());
  }
  std::optional<Refusal> take_over(const WriterId& writer, const WriterId& from, bool force) {
    WriterClaim claim;
    claim.writer = writer;
    claim.takeover = from;
    claim.force = force;
    return log_.claim(claim, kKey, now());
  }
  std::optional<Refusal> place(const WriterId& writer, Offset at, std::string_view bytes) {
    return log_.place(writer, at, bytes, {{0, wall_, Stream::out}}, now());
  }
  std::optional<Refusal> seal(const WriterId& writer, std::string_view bytes, Offset from = 0) {
    return log_.seal(writer, seal_of(bytes, from), now());
  }
  static Seal seal_of(std::string_view bytes, Offset from = 0) {
    Seal seal;
    seal.length = from + bytes.size();
    seal.from = from;
    Sha256 digest;
    digest.update(bytes);
    seal.sha256 = digest.hex_digest();
    seal.exit_code = 0;
    return seal;
  }

  void store() {
    const auto item = log_.take_batch();
    if (item.record) stored_.record = *item.record;
    if (!item.voided.empty()) stored_.length = 0;
    if (!item.slices.empty()) stored_.length = item.slices.back().end;
    stored_.digest_state = item.digest_state;
    log_.on_stored();
  }
  // kill -9 and a new start: only what was stored is there.
  void restart() { log_ = LiveLog::recover(stored_, now()).value(); }

  std::string text() const {
    std::string text;
    for (const auto& slice : log_.slices(log_.memory_begin(), 1'000'000)) text += slice.bytes();
    return text;
  }

 private:
  static constexpr vela::store::LogKey kKey = 7;
  vela::base::SteadyTime steady_{std::chrono::seconds(1000)};
  vela::base::WallTime wall_{std::chrono::seconds(1'700'000'000)};
  LiveLog log_;
  vela::store::StoredLog stored_;
};

inline const WriterId kWriter = WriterId::parse("0123456789abcdef0123456789abcdef").value();
inline const WriterId kOther = WriterId::parse("ffffffffffffffffffffffffffffffff").value();

}  // namespace vela::test
