#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.hpp"
#include "core/buffer/flush_policy.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/writer_id.hpp"
#include "core/uplink/back_off.hpp"
#include "core/uplink/delivery.hpp"
#include "core/uplink/held_log.hpp"
#include "core/uplink/path_probe.hpp"
#include "core/uplink/reply.hpp"
#include "core/uplink/socket_path.hpp"
#include "core/uplink/socket_plan.hpp"
#include "core/uplink/stream_plan.hpp"

namespace vela::uplink {

// The whole life of a delivery, without I/O: announce, send, free what is durable, seal. Every
// failure has one answer: ask where the log stands and go on from there.
//
// Use:    act on next(); tell what came of a request by on_reply() before asking next() again, so
//         that one request is in flight. push() and end() at any time, then ask again. Beside it a
//         probe may run: ask take_probe() after each event, tell what came of one by on_probe().
// Limits: the spool's, or the window without one; push() never refuses, the caller asks is_full()
//         before it reads more.
class DeliveryMachine {
 public:
  // `lot` draws from [0, 1). `held`: where bytes are kept, and what is there already.
  DeliveryMachine(DeliveryOptions options, base::SteadyTime now, std::function<double()> lot,
                  HeldLog held = HeldLog());

  void push(std::string_view bytes, base::WallTime time, logs::Stream stream, base::SteadyTime now);
  [[nodiscard]] bool is_full() const;
  // No bytes follow.
  void end(Ending ending);

  [[nodiscard]] Action next(base::SteadyTime now);
  void on_reply(const Reply& reply, base::SteadyTime now);
  // `status`: 0 when there was no answer.
  void on_build_reply(int status, std::string_view text, base::SteadyTime now);

  // A probe to send now, beside whatever else is in flight; method auto only.
  [[nodiscard]] std::optional<Probe> take_probe() { return std::exchange(probe_, std::nullopt); }
  void on_probe(const ProbeReply& probe, base::SteadyTime now);

  // For the open stream.
  [[nodiscard]] StreamStep next_upload(base::SteadyTime now);
  void on_uploaded(logs::Offset upto, base::SteadyTime now);

  // For the open socket. Its end is told by on_reply().
  void on_socket(SocketPlan::Event event);
  [[nodiscard]] SocketStep next_message(base::SteadyTime now);
  void on_output(logs::Offset upto);
  // What the output's end is sealed with, once that is known.
  [[nodiscard]] logs::Seal make_seal() const;
  // An acknowledgement that does not end it.
  void on_interim(const logs::Acknowledgement& ack, base::SteadyTime now);

  // The time for delivery has passed, or nothing can send any more: next() is Done from now on.
  void give_up(std::string_view why);

  [[nodiscard]] const buffer::Spool& spool() const { return held_.spool(); }
  // For its file, once next() is Done.
  [[nodiscard]] buffer::Spool& spool() { return held_.spool(); }
  // The server has answered at least once.
  [[nodiscard]] bool has_contact() const { return has_contact_; }
  // What lies below was handed to a connection, once at least.
  [[nodiscard]] logs::Offset sent_until() const;
  // So much waits that it may leave the spool's memory before it is sent.
  [[nodiscard]] bool is_behind() const;
  // The latest request went wrong.
  [[nodiscard]] bool is_failing() const { return is_failing_; }
  [[nodiscard]] const std::string& last_failure() const { return last_failure_; }
  // Somebody canceled the step on the server.
  [[nodiscard]] bool is_canceled() const { return is_canceled_; }
  [[nodiscard]] Outcome outcome() const;
  // What happened since the last call.
  [[nodiscard]] std::vector<Notice> take_notices();

 private:
  enum class Progress { open, sealed, incomplete, stopped };
  struct InFlight {
    logs::Offset from = 0;
    logs::ByteCount bytes = 0;
    base::SteadyTime since;  // when the first of them came
    bool is_seal = false;
    bool wants_durable = false;
    bool was_fresh = false;  // a stream whose connection could not have died unseen
  };

  [[nodiscard]] logs::ByteCount unsent() const { return held_.end() - next_; }
  [[nodiscard]] bool is_half_full() const;
  [[nodiscard]] bool uses_stream() const;
  [[nodiscard]] bool uses_socket(base::SteadyTime now) const;
  [[nodiscard]] logs::ByteCount append_limit() const;
  [[nodiscard]] std::optional<base::SteadyTime> send_due(base::SteadyTime now) const;
  [[nodiscard]] Action announce(bool wants_durable);
  [[nodiscard]] Action send_bytes(base::SteadyTime now);
  [[nodiscard]] Action open_socket();
  [[nodiscard]] Action send_seal();
  [[nodiscard]] Action next_after_log(base::SteadyTime now);

  void learn(const Reply& reply, const InFlight& sent, base::SteadyTime now);
  void on_acknowledged(const logs::Acknowledgement& ack, const InFlight& sent,
                       base::SteadyTime now);
  void on_refused(const Refusal& refusal, const InFlight& sent, base::SteadyTime now);
  void on_other_writer(const Refusal& refusal, base::SteadyTime now);
  void on_failed(const std::string& text, base::SteadyTime now);
  void judge_path(const Reply& reply, base::SteadyTime now);
  void judge_socket_path(const Reply& reply, base::SteadyTime now);
  void tell_path();
  void prepare_probe(const InFlight& sent, base::SteadyTime now);
  // False when the offset led elsewhere: to a takeover or to the end of the upload.
  [[nodiscard]] bool accept_offset(logs::Offset offset);
  void become_owner(logs::Offset offset);
  void replace_self();
  void stop(std::string_view why);
  void seal_ended(Progress progress);
  void say(bool is_warning, std::string text);

  const DeliveryOptions options_;
  const buffer::MethodRow& row_;
  const buffer::FlushPolicy policy_;
  std::function<double()> lot_;

  HeldLog held_;
  logs::WriterId writer_;
  Progress progress_ = Progress::open;
  std::optional<Ending> ending_;
  std::string stop_reason_;
  bool is_refused_ = false;
  const std::uint64_t room_;  // for bytes that are not durable
  logs::Offset durable_ = 0;  // as last acknowledged

  // Where the log stands.
  logs::Offset next_ = 0;  // the server has what lies below
  bool is_owner_ = false;
  bool needs_announcement_ = true;
  bool has_sent_seal_ = false;
  std::optional<logs::WriterId> takeover_;
  bool is_replacing_self_ = false;

  // The request in flight.
  InFlight in_flight_;
  std::optional<StreamPlan> stream_;
  bool was_fast_ = false;

  // Method auto: what is known of the path.
  PathProbe path_;
  std::optional<Probe> probe_;  // to be sent

  // Method websocket: the one in flight, and whether the path carries any.
  std::optional<SocketPlan> socket_;
  SocketPath socket_path_;

  // When the next one may go.
  BackOff back_off_;
  base::SteadyTime not_before_ = base::SteadyTime::min();
  base::SteadyTime heard_at_;
  base::SteadyTime pending_since_;   // when the first byte came that is not in flight
  base::SteadyTime bytes_acked_at_;  // the last append that carried bytes
  std::chrono::microseconds pause_{0};
  logs::ByteCount body_limit_;

  bool has_contact_ = false;
  bool is_failing_ = false;
  bool is_canceled_ = false;
  bool is_build_ended_ = false;
  bool has_warned_access_ = false;
  bool has_warned_owner_ = false;
  std::string last_failure_;
  std::size_t acknowledgements_ = 0;
  std::size_t failures_ = 0;
  std::vector<Notice> notices_;
};

}  // namespace vela::uplink
