#include "core/follow/reader_machine.hpp"

#include <algorithm>

#include "core/base/assert.hpp"
#include "core/base/query.hpp"
#include "core/logs/wire_frames.hpp"

namespace vela::follow {
namespace {

constexpr int kExitComplete = 0;
constexpr int kExitFailure = 1;
constexpr int kExitIncomplete = 3;

constexpr std::string_view kEventStream = "text/event-stream";

// What is worth another try: the server or something before it is busy, not the request wrong.
bool is_temporary(int status) { return status == 408 || status == 429 || status >= 500; }

bool has_final_failure(const End& end) {
  return logs::is_final(end.status) && end.status != logs::StepStatus::success;
}

}  // namespace

ReaderMachine::ReaderMachine(ReaderSettings settings, std::function<double()> random,
                             ReaderView& view)
    : settings_(std::move(settings)), view_(view), backoff_(std::move(random)) {
  VELA_ASSERT(!settings_.raw || settings_.target.log);
}

std::variant<ReaderMachine::Connect, ReaderMachine::Pause, ReaderMachine::Finish>
ReaderMachine::next(base::SteadyTime now) {
  if (exit_code_) return Finish{*exit_code_};
  if (now < retry_at_) return Pause{retry_at_};
  phase_ = Phase::connecting;
  now_ = now;
  is_greeted_ = has_news_ = is_dead_ = false;
  fault_.clear();
  wrong_type_.clear();
  return make_request(way_.begin(now));
}

ReaderMachine::Connect ReaderMachine::make_request(ReadingWay::Kind kind) const {
  Connect connect;
  base::Query query;
  connect.headers.emplace_back(
      "Accept", std::string(settings_.raw ? logs::kFramesContentType : kEventStream));
  if (!has_hello_) {
    if (settings_.last_lines) query.add("tail", std::to_string(*settings_.last_lines));
  } else if (settings_.target.log) {
    query.add("cursor", logs_.begin()->second.cursor().to_string());
  } else if (!logs_.empty()) {
    std::string id;
    for (const auto& [log, progress] : logs_) {
      if (!id.empty()) id += ',';
      id += log.short_name() + ":" + progress.cursor().to_string();
      if (progress.end()) id += "-end";
    }
    connect.headers.emplace_back("Last-Event-ID", std::move(id));
  }
  if (kind != ReadingWay::Kind::events) {
    // Who does not follow wants what there is.
    const bool waits = kind == ReadingWay::Kind::poll && settings_.follow;
    query.add("wait", std::to_string(waits ? way_.poll_wait().count() : 0));
  }
  connect.target = settings_.target.events_path();
  if (const std::string text = query.to_string(); !text.empty()) connect.target += "?" + text;
  return connect;
}

bool ReaderMachine::on_head(int status, std::string_view content_type, base::SteadyTime now) {
  now_ = now;
  way_.on_head(now);
  if (status != 200) return false;
  const std::string_view wanted = settings_.raw ? logs::kFramesContentType : kEventStream;
  if (!content_type.starts_with(wanted)) {
    wrong_type_ = content_type.empty() ? "something without a type" : content_type;
    return false;
  }
  phase_ = Phase::streaming;
  return true;
}

void ReaderMachine::on_bytes(base::SteadyTime now) {
  now_ = now;
  way_.on_bytes(now);
}

void ReaderMachine::on_event(const FollowEvent& event) {
  if (!wants_transfer()) return;
  std::visit([this](const auto& what) { take(what); }, event);
}

void ReaderMachine::on_fault(std::string_view why) {
  if (fault_.empty()) fault_ = why;
}

void ReaderMachine::on_transfer_end(const TransferEnd& end, base::SteadyTime now) {
  now_ = now;
  const Phase was = std::exchange(phase_, Phase::resting);
  if (exit_code_) return;
  const bool was_dead = std::exchange(is_dead_, false);
  if (is_greeted_ && way_.has_held(now)) backoff_.reset();
  if (!fault_.empty()) return retry(fault_, /*is_said=*/true);
  if (was_dead && way_.on_held_back()) return;
  if (was_dead) return retry("no sign of life from the server", /*is_said=*/true);
  if (was == Phase::streaming) return on_body_end();
  if (end.status == 204) return finish(exit_code_of_logs());
  std::string why = end.text;
  if (end.status == 200) {
    why = "the server answered with " + wrong_type_;
    // Once it greeted, it is one: a proxy before it makes up answers while it is away.
    if (!has_hello_) return fail(why + ": is it a vela-logs server?");
  } else if (end.status != 0) {
    why = "the server answered " + std::to_string(end.status);
    if (!end.text.empty()) why += ": " + end.text;
    // Ours says why.
    if (!is_temporary(end.status))
      return fail(end.text.empty() ? why + ": is it a vela-logs server?" : why);
  }
  if (way_.on_poll_failed(now)) return;
  retry(why, /*is_said=*/true);
}

// However it ended: it says nothing of the log's end.
void ReaderMachine::on_body_end() {
  if (!is_greeted_) {
    if (!way_.on_held_back()) retry("the server's answer was cut short", /*is_said=*/true);
    return;
  }
  // What the inquiry said is known now. A poll that brought something, or waited for it, is followed
  // by the next; one that came back at once with nothing would do so again.
  if (way_.kind() == ReadingWay::Kind::inquiry) return;
  if (!way_.is_open_answer() && (has_news_ || way_.has_held(now_))) {
    retry_at_ = way_.next_poll_at();
    return;
  }
  retry("the connection was cut", /*is_said=*/false);
}

void ReaderMachine::take(const Hello& hello) {
  if (settings_.target.log && hello.log != *settings_.target.log)
    return on_fault("the server spoke of another log");
  if (settings_.target.log) note_connected();
  take_log(hello);
  if (settings_.target.log && hello.state == logs::LogState::pending) note_waiting();
  finish_when_reached();
}

void ReaderMachine::take(const BuildHello& hello) {
  if (settings_.target.log) return on_fault("the server spoke of a whole build");
  note_connected();
  for (const Hello& log : hello.logs) take_log(log);
  if (logs_.empty()) note_waiting();
  finish_when_reached();
}

void ReaderMachine::take_log(const Hello& hello) {
  if (!wants_transfer()) return;
  LogProgress* log = find_log(hello.log);
  if (log == nullptr) {
    log = &logs_.emplace(hello.log, LogProgress(hello)).first->second;
    has_news_ = true;
  } else {
    const logs::ByteCount voided_before = log->voided();
    if (!log->take_hello(hello)) return on_fault("the server left bytes out");
    note_voided(hello.log, *log, log->voided() - voided_before);
  }
  view_.on_log(hello.log, log->label(), hello.started);
  StateChange change;
  change.log = hello.log;
  change.state = hello.state;
  change.silent = hello.silent;
  change.writer_seen = hello.writer_seen;
  take(change);
}

void ReaderMachine::take(const Output& output) {
  LogProgress* log = find_log(output.log);
  if (log == nullptr) return on_fault("the server sent output of a log that it did not name");
  Output fresh = output;
  switch (log->take_output(fresh)) {
    case LogProgress::Place::repeats:
      return;
    case LogProgress::Place::is_wrong:
      return on_fault("the server left bytes out");
    case LogProgress::Place::fits:
      break;
  }
  backoff_.reset();
  has_news_ = true;
  view_.on_output(fresh);
  finish_when_reached();
}

void ReaderMachine::take(const StateChange& change) {
  LogProgress* log = find_log(change.log);
  if (log == nullptr) return;
  const bool was_lost = log->lost_since().has_value();
  const bool is_news = log->take_state(change.state, now_);
  if (is_news && change.state == logs::LogState::lost) {
    view_.on_notice(lost_notice(label_of(*log), change, settings_.lost_timeout));
  } else if (was_lost && change.state == logs::LogState::running) {
    view_.on_notice(back_notice(label_of(*log)));
  }
  view_.on_state(change);
}

void ReaderMachine::take(const Reset& reset) {
  LogProgress* log = find_log(reset.log);
  if (log == nullptr) return on_fault("the server reset a log that it did not name");
  has_news_ = true;
  note_voided(reset.log, *log, log->take_reset(reset.next));
  finish_when_reached();
}

void ReaderMachine::take(const End& end) {
  LogProgress* log = find_log(end.log);
  if (log == nullptr) return on_fault("the server ended a log that it did not name");
  // A reconnect to a build may repeat the end of a log that was told already.
  const bool is_told = log->end().has_value();
  if (!log->take_end(end)) return on_fault("the server left bytes out before the end");
  if (!is_told) {
    has_news_ = true;
    StateChange change;
    change.log = end.log;
    change.state =
        end.complete.value_or(true) ? logs::LogState::sealed : logs::LogState::incomplete;
    view_.on_state(change);
    view_.on_log_end(end.log);
    view_.on_notice(end_notice(label_of(*log), end));
  }
  if (settings_.target.log) return finish(exit_code_of_logs());
  finish_when_reached();
}

void ReaderMachine::take(const BuildEnd& /*end*/) {
  if (settings_.target.log) return;
  has_build_ended_ = true;
  finish(exit_code_of_logs());
}

LogProgress* ReaderMachine::find_log(const logs::LogId& log) {
  const auto found = logs_.find(log);
  return found == logs_.end() ? nullptr : &found->second;
}

void ReaderMachine::note_connected() {
  has_hello_ = is_greeted_ = true;
  const bool polls_now = way_.on_hello(now_);
  if (polls_now && settings_.follow && !std::exchange(was_polling_said_, true))
    view_.on_notice(polling_notice());
  if (std::exchange(has_trouble_, false)) view_.on_notice(connected_notice());
}

void ReaderMachine::note_voided(const logs::LogId& id, const LogProgress& log,
                                logs::ByteCount voided) {
  if (voided == 0) return;
  // What is held back of the void bytes must not run into the ones that replace them.
  view_.on_log_end(id);
  view_.on_notice(reset_notice(label_of(log), voided, log.cursor().offset));
}

void ReaderMachine::note_waiting() {
  const std::string target = settings_.target.to_string();
  if (!settings_.follow) {
    fail((settings_.target.log ? "no log " : "no log of build ") + target +
         " yet; without --no-follow it is waited for");
  } else if (!std::exchange(was_waiting_said_, true)) {
    view_.on_notice(waiting_notice(settings_.target.log ? target : "of build " + target));
  }
}

void ReaderMachine::finish_when_reached() {
  if (settings_.follow || !wants_transfer() || logs_.empty()) return;
  const bool is_reached = std::all_of(logs_.begin(), logs_.end(), [](const auto& entry) {
    return entry.second.has_reached_hello();
  });
  if (is_reached) finish(exit_code_of_logs());
}

void ReaderMachine::finish(int exit_code) {
  if (exit_code_) return;
  exit_code_ = exit_code;
  logs::ByteCount voided = 0;
  for (const auto& [log, progress] : logs_) voided += progress.voided();
  if (voided != 0) view_.on_notice(voided_notice(voided));
}

void ReaderMachine::fail(std::string_view why) {
  view_.on_notice(failure_notice(why));
  finish(kExitFailure);
}

void ReaderMachine::retry(std::string_view why, bool is_said) {
  if (is_said && !settings_.follow)
    return fail(std::string(why) + "; without --no-follow it is tried again");
  if (is_said && !std::exchange(has_trouble_, true))
    view_.on_notice(has_hello_ ? trouble_notice(why) : unreached_notice(why));
  retry_at_ = now_ + backoff_.next();
}

void ReaderMachine::set_paused(bool is_paused, base::SteadyTime now) {
  is_paused_ = is_paused;
  now_ = now;
  way_.on_pause(now);
}

std::optional<base::SteadyTime> ReaderMachine::due() const {
  std::optional<base::SteadyTime> due = lost_deadline();
  const bool is_watched = phase_ != Phase::resting && !is_paused_ && wants_transfer();
  if (is_watched && (!due || way_.dead_at() < *due)) due = way_.dead_at();
  return due;
}

void ReaderMachine::on_time(base::SteadyTime now) {
  now_ = now;
  if (exit_code_) return;
  if (phase_ != Phase::resting && !is_paused_ && now >= way_.dead_at()) is_dead_ = true;
  if (const auto lost = lost_deadline(); lost && now >= *lost) {
    view_.on_notice(given_up_notice(settings_.lost_timeout));
    finish(kExitIncomplete);
  }
}

// Nothing while a log that has not ended is heard.
std::optional<base::SteadyTime> ReaderMachine::lost_deadline() const {
  if (exit_code_) return std::nullopt;
  std::optional<base::SteadyTime> last;
  for (const auto& [log, progress] : logs_) {
    if (progress.end()) continue;
    if (!progress.lost_since()) return std::nullopt;
    last = last ? std::max(*last, *progress.lost_since()) : *progress.lost_since();
  }
  if (last) *last += settings_.lost_timeout;
  return last;
}

std::string ReaderMachine::label_of(const LogProgress& log) const {
  return settings_.target.log ? std::string() : log.label();
}

int ReaderMachine::exit_code_of_logs() const {
  int exit_code = kExitComplete;
  for (const auto& [log, progress] : logs_) {
    // A service is killed when its build ends: its exit code says nothing about the build.
    if (settings_.exit_status && !settings_.target.log && log.kind == logs::LogKind::service)
      continue;
    if (exit_code == kExitComplete) exit_code = exit_code_of(progress);
  }
  return exit_code;
}

int ReaderMachine::exit_code_of(const LogProgress& log) const {
  if (!log.end()) {
    // Without an end the log is still being written, which is no fault unless nobody writes it.
    const bool is_missed = has_build_ended_ || log.state() == logs::LogState::lost;
    return is_missed ? kExitIncomplete : kExitComplete;
  }
  const End& end = *log.end();
  if (settings_.exit_status && end.exit_code) return *end.exit_code & 0xff;
  if (!end.complete.value_or(true)) return kExitIncomplete;
  return settings_.exit_status && has_final_failure(end) ? kExitFailure : kExitComplete;
}

}  // namespace vela::follow
