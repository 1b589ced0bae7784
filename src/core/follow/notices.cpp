#include "core/follow/notices.hpp"

#include "core/base/quantity.hpp"
#include "core/text/terminal_sanitizer.hpp"

namespace vela::follow {
namespace {

// "— text —", with the log's name before it when there are several.
Notice make_notice(std::string_view label, std::string_view text, bool is_for_person = false) {
  Notice notice;
  notice.is_for_person = is_for_person;
  notice.text = "— ";
  if (!label.empty()) notice.text.append("[").append(label).append("] ");
  notice.text.append(text).append(" —");
  return notice;
}

// Rounded to what a person reads: whole seconds, and tenths below ten of them.
std::string format_span(std::chrono::milliseconds span) {
  using std::chrono::seconds;
  if (span < seconds(10)) {
    const auto tenths = (span.count() + 50) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "s";
  }
  return base::format_duration(std::chrono::round<seconds>(span));
}

std::string count_bytes(logs::ByteCount bytes) {
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

// Text of the server's or a writer's, on its way to a terminal.
std::string make_safe(std::string_view text) {
  text::TerminalSanitizer sanitizer(/*keep_colors=*/false);
  std::string safe = sanitizer.put(text);
  safe += sanitizer.finish();
  for (char& c : safe)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return safe;
}

std::string exit_text(const End& end) {
  if (end.exit_code) return ", exit code " + std::to_string(*end.exit_code);
  return ", " + std::string(logs::to_string(end.status));
}

}  // namespace

Notice waiting_notice(std::string_view target) {
  return make_notice("", "no log " + std::string(target) + " yet: waiting for it");
}

Notice lost_notice(std::string_view label, const StateChange& change,
                   std::chrono::microseconds lost_timeout) {
  std::string text = "the writer is not heard";
  if (change.writer_seen) text += " for " + format_span(*change.writer_seen);
  text += ": waiting " + base::format_duration(lost_timeout) + " for it";
  return make_notice(label, text);
}

Notice back_notice(std::string_view label) { return make_notice(label, "the writer is back"); }

Notice reset_notice(std::string_view label, logs::ByteCount voided, logs::Offset from) {
  return make_notice(label, "another writer took over: " + count_bytes(voided) +
                                " shown are void from byte " + std::to_string(from) + " on");
}

Notice end_notice(std::string_view label, const End& end) {
  if (end.complete.value_or(false)) {
    return make_notice(label,
                       "complete: " + count_bytes(end.length) + ", sha256 " +
                           make_safe(end.sha256) + exit_text(end),
                       /*is_for_person=*/true);
  }
  if (!end.complete)
    return make_notice(label, "closed: " + count_bytes(end.length), /*is_for_person=*/true);
  const std::string reason = end.reason.empty() ? "no reason given" : make_safe(end.reason);
  return make_notice(label, "incomplete: " + reason);
}

Notice given_up_notice(std::chrono::microseconds lost_timeout) {
  return make_notice("", "lost: the writer was not heard for another " +
                             base::format_duration(lost_timeout) + "; given up");
}

Notice voided_notice(logs::ByteCount voided) {
  return make_notice("", count_bytes(voided) + " shown were never stored");
}

Notice trouble_notice(std::string_view why) {
  return make_notice("", make_safe(why) + "; trying again");
}

Notice unreached_notice(std::string_view why) {
  return make_notice(
      "", make_safe(why) + "; trying again; if that is not the server, name it with --server");
}

Notice connected_notice() { return make_notice("", "connected again"); }

Notice polling_notice() {
  return make_notice("", "something on the way holds live output back: asking for it instead");
}

Notice failure_notice(std::string_view why) {
  Notice notice;
  notice.text = "vela-logs: " + make_safe(why);
  return notice;
}

}  // namespace vela::follow
