#pragma once

#include <string_view>

namespace vela::base {

// A line at the foot of the terminal on stderr that is written anew in place: the progress of a long
// wait. The program's own messages clear it before they are written.
//
// Executor: one thread writes it; messages may come from any.

// Whether terminals obey escape sequences, as TERM says: it is set and not "dumb".
[[nodiscard]] bool obeys_sequences();

// Whether stderr is a terminal that can clear a line.
[[nodiscard]] bool has_status_line();

// `text`: one line without control characters; what is wider than the terminal is cut. False when
// there is no such line: nothing was written.
[[nodiscard]] bool show_status_line(std::string_view text);
void clear_status_line();

// What must be written before anything else on stderr: "" when no status line is shown.
[[nodiscard]] std::string_view take_status_line();

}  // namespace vela::base
