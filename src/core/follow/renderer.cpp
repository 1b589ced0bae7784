#include "core/follow/renderer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace vela::follow {
namespace {

using std::chrono_literals::operator""ms;

// Of several logs an unfinished line waits this long for its rest, or until it is as long as this:
// most are finished by the next write, and a prompt is still seen at once.
const buffer::FlushPolicy kHoldBack(250ms, 64 * 1024);

// Begins with a reset: whatever colour the log left does not reach our own text.
constexpr std::array<std::string_view, 6> kNameColors{"\x1b[0;36m", "\x1b[0;33m", "\x1b[0;32m",
                                                      "\x1b[0;35m", "\x1b[0;34m", "\x1b[0;31m"};
constexpr std::string_view kDim = "\x1b[0;2m";
constexpr std::string_view kResetColor = "\x1b[0m";

constexpr std::string_view kContinued = "… ";

// Behind the cursor, in its place and its colours again afterwards, and cut off at the right margin
// rather than wrapped: so the log goes on where it stood, and one sequence takes the line away.
constexpr std::string_view kBeginAside = "\0337\x1b[?7l\x1b[K";
constexpr std::string_view kEndAside = "\x1b[0m\x1b[?7h\0338";
constexpr std::string_view kEraseAside = "\x1b[K";

}  // namespace

void Renderer::name_log(const logs::LogId& log, const std::string& label,
                        std::optional<base::WallTime> started) {
  View& view = view_of(log);
  view.label = label;
  const bool is_step = log.kind == logs::LogKind::step;
  silence_.name_log(log, settings_.names_logs ? "[" + label + "]" : is_step ? "step" : "service");
  if (started) view.started = started;
}

Renderer::View& Renderer::view_of(const logs::LogId& log) {
  const auto found = views_.find(log);
  if (found != views_.end()) return found->second;
  View view{.label = log.short_name(),
            .name_color = std::string(kNameColors[views_.size() % kNameColors.size()]),
            .started = std::nullopt,
            .sanitizer = text::TerminalSanitizer(settings_.keeps_colors),
            .lines = {},
            .held = {},
            .held_since = {},
            .line_time = {},
            .prefix = {}};
  return views_.emplace(log, std::move(view)).first->second;
}

void Renderer::put(const Output& output, base::SteadyTime now, base::WallTime shown) {
  if (settings_.is_raw) {
    screen_.put(output.bytes);
    return;
  }
  erase_silence();
  if (tells_silence()) silence_.on_output(output.log, now);
  View& view = view_of(output.log);
  if (!view.started) view.started = output.time;
  if (!settings_.removes_sequences) {
    put_pieces(view, output.bytes, output, now, shown);
    return;
  }
  put_pieces(view, view.sanitizer.put(output.bytes), output, now, shown);
}

void Renderer::put_pieces(View& view, std::string_view text, const Output& output,
                          base::SteadyTime now, base::WallTime shown) {
  if (text.empty()) return;
  if (!has_prefix()) {
    screen_.put(text);
    open_ = text.ends_with('\n') ? nullptr : &view;
    view.ended_in_cr = text.ends_with('\r');
    return;
  }
  while (!text.empty()) {
    const text::LinePiece piece = view.lines.next(text);
    if (piece.begins_line) view.line_time = output.time;
    const bool waits = settings_.names_logs && open_ != &view;
    if (!waits || (piece.ends_line && view.held.empty())) {
      show(view, piece.text, piece.ends_line, shown);
      continue;
    }
    if (view.held.empty()) view.held_since = now;
    view.held.append(piece.text);
    if (piece.ends_line) {
      const std::string line = std::exchange(view.held, std::string());
      show(view, line, /*ends_line=*/true, shown);
    } else if (const auto due = kHoldBack.due(pending_of(view), now); due && *due <= now) {
      show_held(view, shown);
    }
  }
}

void Renderer::show_held(View& view, base::WallTime shown) {
  if (view.held.empty()) return;
  const std::string text = std::exchange(view.held, std::string());
  show(view, text, /*ends_line=*/false, shown);
}

void Renderer::show(View& view, std::string_view text, bool ends_line, base::WallTime shown) {
  if (open_ != &view) {
    if (open_ != nullptr) break_line();
    view.prefix = make_prefix(view, shown);
    screen_.put(view.prefix);
    if (view.is_in_line) screen_.put(kContinued);
    view.ended_in_cr = false;
    last_line_ = view.line_time;
  }
  put_text(view, text);
  view.is_in_line = !ends_line;
  open_ = ends_line ? nullptr : &view;
}

// On a terminal a carriage return would let the log write over its own name and time: they are
// written again.
void Renderer::put_text(View& view, std::string_view text) {
  if (!settings_.removes_sequences) {
    screen_.put(text);
    return;
  }
  while (!text.empty()) {
    if (view.ended_in_cr && text.front() != '\n' && text.front() != '\r') screen_.put(view.prefix);
    const auto cr = text.find('\r');
    const std::string_view part = text.substr(0, cr == std::string_view::npos ? cr : cr + 1);
    screen_.put(part);
    view.ended_in_cr = cr != std::string_view::npos;
    text.remove_prefix(part.size());
  }
}

std::string Renderer::make_prefix(const View& view, base::WallTime shown) const {
  std::string prefix;
  if (settings_.time_form) {
    const LineTimes times{view.line_time, shown, view.started.value_or(view.line_time), last_line_};
    if (settings_.adds_colors) prefix += kDim;
    prefix += format_time(*settings_.time_form, times);
    if (settings_.adds_colors) prefix += kResetColor;
    prefix += ' ';
  }
  if (settings_.names_logs) {
    if (settings_.adds_colors) prefix += view.name_color;
    prefix.append("[").append(view.label).append("]");
    if (settings_.adds_colors) prefix += kResetColor;
    prefix += ' ';
  }
  return prefix;
}

void Renderer::end_log(const logs::LogId& log, base::WallTime shown) {
  if (settings_.is_raw) return;
  erase_silence();
  View& view = view_of(log);
  if (settings_.removes_sequences) view.held += view.sanitizer.finish();
  if (!has_prefix()) {
    screen_.put(std::exchange(view.held, std::string()));
    return;
  }
  show_held(view, shown);
}

void Renderer::say(const Notice& notice) {
  if (notice.is_for_person && !settings_.has_person) return;
  erase_silence();
  if (settings_.shares_terminal && leaves_color()) screen_.put(kResetColor);
  if (open_ != nullptr && settings_.shares_terminal) break_line();
  screen_.talk(notice.text);
  screen_.talk("\n");
}

// The cursor leaves the unfinished line; what follows of it is marked as its continuation.
void Renderer::break_line() {
  if (leaves_color()) screen_.put(kResetColor);
  screen_.put("\n");
  open_ = nullptr;
}

buffer::Pending Renderer::pending_of(const View& view) const {
  buffer::Pending pending;
  pending.bytes = view.held.size();
  pending.since = view.held_since;
  return pending;
}

std::optional<base::SteadyTime> Renderer::due(base::SteadyTime now) const {
  std::optional<base::SteadyTime> first;
  for (const auto& [log, view] : views_) {
    const auto due = kHoldBack.due(pending_of(view), now);
    if (due && (!first || *due < *first)) first = due;
  }
  if (silence_due_ && (!first || *silence_due_ < *first)) first = silence_due_;
  return first;
}

void Renderer::on_time(base::SteadyTime now, base::WallTime shown) {
  for (auto& [log, view] : views_) {
    const auto due = kHoldBack.due(pending_of(view), now);
    if (due && *due <= now) {
      erase_silence();
      show_held(view, shown);
    }
  }
  if (silence_due_ && *silence_due_ <= now) tell_silence(now);
}

// ---- silence

void Renderer::note_state(const StateChange& change, base::SteadyTime now) {
  if (!tells_silence()) return;
  silence_.on_state(change, now);
  // Who comes to a log that has been silent for long is told at once.
  const bool is_new = silence_shown_.empty() && !silence_.text(now).empty();
  silence_due_ = is_new ? now : silence_.due(now);
}

void Renderer::tell_silence(base::SteadyTime now) {
  silence_due_ = silence_.due(now);
  // A terminal that takes nothing is not to find many of these later.
  if (!screen_.is_empty()) return;
  const std::string text = silence_.text(now);
  if (text == silence_shown_) return;
  if (text.empty()) return erase_silence();
  // What a carriage return went back over would be written upon.
  if (open_ != nullptr && open_->ended_in_cr) break_line();
  silence_shown_ = text;
  screen_.talk(kBeginAside);
  screen_.talk(settings_.adds_colors ? kDim : kResetColor);
  if (open_ != nullptr) screen_.talk(" ");
  screen_.talk(text);
  screen_.talk(kEndAside);
}

void Renderer::erase_silence() {
  if (silence_shown_.empty()) return;
  silence_shown_.clear();
  screen_.talk(kEraseAside);
}

bool Renderer::leaves_color() const {
  return settings_.removes_sequences &&
         std::any_of(views_.begin(), views_.end(),
                     [](const auto& entry) { return entry.second.sanitizer.has_color(); });
}

void Renderer::finish(base::WallTime shown) {
  erase_silence();
  for (auto& [log, view] : views_) end_log(log, shown);
  if (leaves_color()) screen_.put(kResetColor);
  if (open_ != nullptr && settings_.names_logs) break_line();
}

}  // namespace vela::follow
