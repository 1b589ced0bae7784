#include "core/follow/log_progress.hpp"

#include <algorithm>

#include "core/text/terminal_sanitizer.hpp"
#include "core/text/utf8.hpp"

namespace vela::follow {
namespace {

// A name longer than this would leave no room for the line behind it.
constexpr std::size_t kMaxLabelBytes = 40;

std::string make_label(const logs::LogId& log, std::string_view name) {
  text::TerminalSanitizer sanitizer(/*keep_colors=*/false);
  std::string label = sanitizer.put(name);
  label += sanitizer.finish();
  // What is left below 0x20 moves the cursor: \n, \r, \t and \b.
  std::erase_if(label, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (label.size() > kMaxLabelBytes) {
    label.resize(kMaxLabelBytes);
    label.resize(label.size() - text::unfinished_tail(label));
    label += "…";
  }
  if (!label.empty()) return label;
  return (log.kind == logs::LogKind::step ? "step " : "service ") + std::to_string(log.number);
}

bool is_ended(logs::LogState state) {
  return state == logs::LogState::sealed || state == logs::LogState::incomplete;
}

}  // namespace

LogProgress::LogProgress(const Hello& hello)
    : label_(make_label(hello.log, hello.name)),
      cursor_(hello.cursor),
      hello_offset_(hello.offset),
      hello_state_(hello.state),
      state_(hello.state) {}

bool LogProgress::take_hello(const Hello& hello) {
  label_ = make_label(hello.log, hello.name);
  if (hello.cursor.generation == cursor_.generation) return hello.cursor.offset <= cursor_.offset;
  if (hello.cursor.offset > cursor_.offset) return false;
  voided_ += move_to(hello.cursor);
  return true;
}

LogProgress::Place LogProgress::take_output(Output& output) {
  if (output.next.generation != cursor_.generation || output.offset > cursor_.offset)
    return Place::is_wrong;
  if (output.next.offset <= cursor_.offset) return Place::repeats;
  const logs::ByteCount known = cursor_.offset - output.offset;
  if (known != 0) {
    // Text in which bytes were replaced has no byte at which it could be cut.
    if (output.bytes.size() != output.next.offset - output.offset) return Place::is_wrong;
    output.bytes.remove_prefix(known);
    output.offset += known;
  }
  cursor_ = output.next;
  // Bytes beyond an end mean that the log was opened again.
  end_.reset();
  return Place::fits;
}

logs::ByteCount LogProgress::take_reset(const logs::Cursor& next) {
  const logs::ByteCount voided = move_to(next);
  voided_ += voided;
  return voided;
}

bool LogProgress::take_end(const End& end) {
  if (end.complete.value_or(false) && cursor_.offset < end.length) return false;
  end_ = end;
  lost_since_.reset();
  return true;
}

bool LogProgress::take_state(logs::LogState state, base::SteadyTime now) {
  const bool is_change = state != state_;
  state_ = state;
  if (state == logs::LogState::lost) {
    if (lost_since_) return false;
    lost_since_ = now;
    return true;
  }
  lost_since_.reset();
  return is_change;
}

bool LogProgress::has_reached_hello() const {
  if (end_) return true;
  return !is_ended(hello_state_) && cursor_.offset >= hello_offset_;
}

logs::ByteCount LogProgress::move_to(const logs::Cursor& next) {
  const logs::Offset from = cursor_.offset;
  cursor_ = {next.generation, std::min(next.offset, from)};
  hello_offset_ = std::min(hello_offset_, next.offset);
  end_.reset();
  return from - cursor_.offset;
}

}  // namespace vela::follow
