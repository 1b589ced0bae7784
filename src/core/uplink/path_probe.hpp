#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/logs/chunk.hpp"
#include "core/logs/writer_id.hpp"
#include "core/uplink/reply.hpp"

namespace vela::uplink {

// A stream of bytes that the server has acknowledged already, sent on a connection of its own in
// two pieces, kProbeStep apart; its body ends as much later. Nothing of the log depends on it.
struct Probe {
  logs::WriterId writer;
  logs::Offset from = 0;
  std::vector<logs::ChunkSlice> bytes;  // from `from` on, at least one
};

// Far above what a network adds by chance, far below what proxies hold back (200 ms and more).
inline constexpr std::chrono::milliseconds kProbeStep{50};
// From the first piece to the answer; beyond that the probe ends as a Failure.
inline constexpr std::chrono::milliseconds kProbeLimit{300};

// What came of a probe. Times count from the moment in which its first piece left.
struct ProbeReply {
  Reply reply;
  bool was_sent = false;  // the connection took the first piece
  std::chrono::microseconds second_piece{};
  std::chrono::microseconds end{};
  std::chrono::microseconds answer{};
};

// How a stream of live output went.
struct StreamReport {
  logs::ByteCount sent = 0;
  logs::Offset end = 0;              // of what was sent
  std::chrono::microseconds span{};  // from its first to its last bytes
  bool was_fresh = false;            // its connection could not have died unseen
};

// Decides for --method auto whether output leaves in short appends, which every path carries, or
// down a stream, where the path is shown to carry one. Time comes in as a parameter.
//
// Only what a live server did not get, or got late, speaks against the path. A server that is
// away, busy or draining says nothing about it, and neither does a refusal; so a request that
// ended without a word is judged by the next answer of the server.
class PathProbe {
 public:
  [[nodiscard]] bool uses_stream() const { return is_good_ && !suspicion_; }

  // Whether to send a probe now if there are acknowledged bytes to send. on_probe() comes next.
  [[nodiscard]] bool is_due(base::SteadyTime now) const;
  void begin() { is_probing_ = true; }
  void on_probe(const ProbeReply& probe, base::SteadyTime now);

  void on_stream(const StreamReport& stream, const Reply& reply, base::SteadyTime now);
  // Any other request of this log was answered.
  void on_reply(const Reply& reply, base::SteadyTime now);

  // Which path is used and why, when that has changed since the last call.
  [[nodiscard]] std::optional<std::string> take_news();

 private:
  void judge(const ProbeReply& probe, const logs::Acknowledgement& ack, base::SteadyTime now);
  void reject(const std::string& why, base::SteadyTime now);

  bool is_good_ = false;  // the path was shown to carry streams
  bool is_probing_ = false;
  // The last stream or probe ended without a word: why that may be the path's fault.
  std::optional<std::string> suspicion_;
  int failed_probes_ = 0;                                  // in a row
  base::SteadyTime not_before_ = base::SteadyTime::min();  // the next probe
  std::optional<std::string> news_ =
      "output begins in short appends, until a trial shows that the "
      "path carries a stream";
};

}  // namespace vela::uplink
