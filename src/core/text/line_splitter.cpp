#include "core/text/line_splitter.hpp"

namespace vela::text {

LinePiece LineSplitter::next(std::string_view& text) {
  LinePiece piece;
  const std::size_t newline = text.find('\n');
  piece.begins_line = is_at_line_start_;
  piece.ends_line = newline != std::string_view::npos;
  piece.text = piece.ends_line ? text.substr(0, newline + 1) : text;
  text.remove_prefix(piece.text.size());
  is_at_line_start_ = piece.ends_line;
  return piece;
}

}  // namespace vela::text
