#pragma once

#include <string>
#include <string_view>

#include "core/text/terminal_sanitizer.hpp"

namespace vela::text {

// Terminal output as plain text, as a person would have seen it in the end: escape sequences
// removed, invalid bytes U+FFFD, and of a line that was overwritten by carriage returns (a progress
// bar) only its last state. "\r\n" is a line end.
//
// Limits: of a line longer than 64 KiB the front is given out before its end is known.
class PlainText {
 public:
  // What is certain of `bytes`; an unfinished line is held back.
  [[nodiscard]] std::string put(std::string_view bytes);
  // The rest, at the end of the text.
  [[nodiscard]] std::string finish();

 private:
  void take(std::string_view safe, std::string& out);

  TerminalSanitizer sanitizer_{false};
  std::string line_;
};

}  // namespace vela::text
