#pragma once

#include <cstddef>
#include <string_view>

namespace vela::text {

// A control character or escape sequence (ECMA-48; OSC also as xterm ends it) at the start of a
// text.
struct ControlSequence {
  enum class Kind {
    removed,     // `length` bytes that a log has no use for
    color,       // SGR: `parameters` hold only digits, ';' and ':'
    given_up,    // no sequence after all: drop its introducer of `length` bytes, the rest is text
    unfinished,  // more bytes decide; `length` is the introducer's, for when none come
  };
  Kind kind;
  std::size_t length;
  std::string_view parameters;
};

// True for the two bytes of an 8-bit control (U+0080 to U+009F) in UTF-8.
[[nodiscard]] bool is_c1(std::string_view bytes);

// What `bytes` begins with; the first byte must be a control character, or a whole C1 must stand
// there.
[[nodiscard]] ControlSequence first_control(std::string_view bytes);

// Whether an SGR with these parameters leaves a colour or attribute in force: "1;31" does, "", "0"
// and "31;0" don't. Attributes that are switched off one by one count as in force.
[[nodiscard]] bool leaves_color(std::string_view parameters);

}  // namespace vela::text
