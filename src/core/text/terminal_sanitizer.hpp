#pragma once

#include <string>
#include <string_view>

namespace vela::text {

// Makes log output safe for a terminal, however it is cut: colours and text attributes (SGR, "ESC [
// … m") stay, as do \n, \r, \t and \b; every other escape or control sequence (cursor movement,
// screen and title changes, OSC, DCS, device queries, 8-bit C1 controls in UTF-8 form, bidi
// overrides are left alone) is removed, a lone control character too. Text is UTF-8; invalid bytes
// become U+FFFD.
//
// Limits: a sequence longer than 4 KiB is given up: its introducer is dropped, the rest is text.
class TerminalSanitizer {
 public:
  // Colours are removed too when `keep_colors` is false.
  explicit TerminalSanitizer(bool keep_colors) : keep_colors_(keep_colors) {}

  // What may be shown of `bytes`; an unfinished sequence at the end is held back.
  [[nodiscard]] std::string put(std::string_view bytes);
  // What was held back, made safe, at the end of the text.
  [[nodiscard]] std::string finish();
  // Whether an SGR other than reset is in force: the caller then writes "ESC [ 0 m" where its own
  // text begins.
  [[nodiscard]] bool has_color() const { return has_color_; }

 private:
  bool keep_colors_;
  bool has_color_ = false;
  std::string held_;
};

}  // namespace vela::text
