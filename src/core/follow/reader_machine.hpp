#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/clock.hpp"
#include "core/follow/backoff.hpp"
#include "core/follow/follow_event.hpp"
#include "core/follow/log_progress.hpp"
#include "core/follow/notices.hpp"
#include "core/follow/reading_way.hpp"
#include "core/follow/target.hpp"

namespace vela::follow {

struct ReaderSettings {
  Target target;
  std::optional<std::uint64_t> last_lines;  // nothing: all
  bool follow = true;
  bool raw = false;          // frames instead of text; one log only
  bool exit_status = false;  // finish with the step's exit code
  std::chrono::microseconds lost_timeout{300'000'000};
};

// What a reader learns, in order.
class ReaderView {
 public:
  virtual ~ReaderView() = default;
  // Before the first output of a log, and again when its name may have changed.
  virtual void on_log(const logs::LogId& log, const std::string& label,
                      std::optional<base::WallTime> started) = 0;
  virtual void on_output(const Output& output) = 0;
  // What the server says of the log's writer, whether it is news or not; a final state at the end.
  virtual void on_state(const StateChange& change) = 0;
  // What follows, if anything does, does not belong to what came before.
  virtual void on_log_end(const logs::LogId& log) = 0;
  virtual void on_notice(const Notice& notice) = 0;
};

// Decides when and which way a reader connects, with which cursor, what is shown and when it is
// done. Does no I/O: a shell carries out what next() says and reports what came of it.
//
// Errors: a server that can't be reached, is busy, cuts the connection or contradicts itself is
//         asked again (at once an end of the program without `follow`); the end of a connection is
//         never the end of a log.
class ReaderMachine final : public EventSink {
 public:
  // `random` gives numbers in [0, 1).
  ReaderMachine(ReaderSettings settings, std::function<double()> random, ReaderView& view);

  struct Connect {
    std::string target;  // path and query, for the end of the server's URL
    std::vector<std::pair<std::string, std::string>> headers;
  };
  struct Pause {
    base::SteadyTime until;
  };
  struct Finish {
    int exit_code = 0;
  };
  // After Connect: on_head() or not, on_bytes() and on_event() as they come, on_transfer_end().
  [[nodiscard]] std::variant<Connect, Pause, Finish> next(base::SteadyTime now);

  // The answer's head. True when its body is events.
  [[nodiscard]] bool on_head(int status, std::string_view content_type, base::SteadyTime now);
  // Body bytes came; the events in them follow.
  void on_bytes(base::SteadyTime now);
  void on_event(const FollowEvent& event) override;
  // The body is not what it should be.
  void on_fault(std::string_view why);

  struct TransferEnd {
    int status = 0;    // 0: there was no answer
    std::string text;  // why not, or what a refusal said
  };
  void on_transfer_end(const TransferEnd& end, base::SteadyTime now);

  // While the shell does not read because what was shown is not taken, silence proves nothing.
  void set_paused(bool is_paused, base::SteadyTime now);
  // When on_time() is due.
  [[nodiscard]] std::optional<base::SteadyTime> due() const;
  void on_time(base::SteadyTime now);

  // False when the transfer that runs is of no more use and should be ended.
  [[nodiscard]] bool wants_transfer() const { return !exit_code_ && fault_.empty() && !is_dead_; }
  [[nodiscard]] bool is_done() const { return exit_code_.has_value(); }

 private:
  enum class Phase { resting, connecting, streaming };

  void take(const Hello& hello);
  void take(const BuildHello& hello);
  void take(const Output& output);
  void take(const StateChange& change);
  void take(const Reset& reset);
  void take(const End& end);
  void take(const BuildEnd& end);
  void take(const Heartbeat&) {}

  [[nodiscard]] Connect make_request(ReadingWay::Kind kind) const;
  void on_body_end();
  void take_log(const Hello& hello);
  LogProgress* find_log(const logs::LogId& log);
  void note_connected();
  void note_waiting();
  void note_voided(const logs::LogId& id, const LogProgress& log, logs::ByteCount voided);
  void finish_when_reached();
  void finish(int exit_code);
  void fail(std::string_view why);
  void retry(std::string_view why, bool is_said);
  [[nodiscard]] std::string label_of(const LogProgress& log) const;
  [[nodiscard]] std::optional<base::SteadyTime> lost_deadline() const;
  [[nodiscard]] int exit_code_of_logs() const;
  [[nodiscard]] int exit_code_of(const LogProgress& log) const;

  const ReaderSettings settings_;
  ReaderView& view_;
  Backoff backoff_;
  ReadingWay way_;

  Phase phase_ = Phase::resting;
  base::SteadyTime now_;       // of the last call that brought it
  base::SteadyTime retry_at_;  // not before this, while resting
  bool is_paused_ = false;
  bool has_trouble_ = false;  // the trouble was said; so its end will be
  bool was_waiting_said_ = false;
  bool was_polling_said_ = false;
  // Of the transfer that runs.
  bool is_greeted_ = false;  // its hello came
  bool has_news_ = false;    // it brought something that was not known
  bool is_dead_ = false;     // nothing came for too long
  std::string fault_;
  std::string wrong_type_;  // what a 200 that is no stream called itself

  bool has_hello_ = false;  // the first hello came, at any time
  bool has_build_ended_ = false;
  std::map<logs::LogId, LogProgress> logs_;
  std::optional<int> exit_code_;
};

}  // namespace vela::follow
