#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vela::text {

// What a piece of text is, seen from its lines: pieces come as they are, unfinished lines at once.
struct LinePiece {
  std::string_view text;  // with its '\n' when it ends the line
  bool begins_line = false;
  bool ends_line = false;
};

// Cuts text into pieces that each lie within one line. Holds nothing back.
class LineSplitter {
 public:
  // The first piece of `text`, which loses it; `text` must not be empty.
  [[nodiscard]] LinePiece next(std::string_view& text);
  // Whether the last piece ended its line (or none came yet).
  [[nodiscard]] bool is_at_line_start() const { return is_at_line_start_; }

 private:
  bool is_at_line_start_ = true;
};

}  // namespace vela::text
