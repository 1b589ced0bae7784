// The bytes of a log on their way to somebody's terminal or browser.
#include <string>

#include "core/text/plain_text.hpp"
#include "core/text/terminal_sanitizer.hpp"
#include "core/text/utf8.hpp"

#include "fuzz/fuzz_target.hpp"

namespace vela::fuzz {
namespace {

// PlainText promises its form for lines up to 64 KiB; beyond it the cuts show.
constexpr std::size_t kLongestLine = 64 * 1024;

template <class Converter>
std::string convert(Converter converter, const Pieces& pieces) {
  std::string text;
  for (const std::string_view piece : pieces) text += converter.put(piece);
  return text + converter.finish();
}

// Takes "ESC [ digits, ';' and ':' m" off the front; false when there is none.
bool take_color(std::string_view& text) {
  if (!text.starts_with("\x1B[")) return false;
  const auto end = text.find_first_not_of("0123456789;:", 2);
  if (end == std::string_view::npos || text[end] != 'm') return false;
  text.remove_prefix(end + 1);
  return true;
}

// Text, the four controls that do no harm, and colours if they were kept; well-formed UTF-8.
void check_safe(std::string_view text, bool keeps_colors) {
  VELA_ASSERT(text::to_valid_utf8(text) == text);
  while (!text.empty()) {
    if (keeps_colors && take_color(text)) continue;
    const auto byte = static_cast<unsigned char>(text.front());
    VELA_ASSERT(byte != 0x7F);
    VELA_ASSERT(byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t' || byte == '\b');
    const bool is_c1 = byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    VELA_ASSERT(!is_c1);
    text.remove_prefix(1);
  }
}

void check_sanitizer(const std::vector<Pieces>& ways, bool keeps_colors) {
  const std::string safe = convert(text::TerminalSanitizer(keeps_colors), ways.front());
  check_safe(safe, keeps_colors);
  for (const Pieces& pieces : ways)
    VELA_ASSERT(convert(text::TerminalSanitizer(keeps_colors), pieces) == safe);
  // What is left after a removal must not make a new sequence with what stands around it.
  VELA_ASSERT(convert(text::TerminalSanitizer(keeps_colors), {safe}) == safe);
}

// Before the end only whole characters are shown: the parts shown are the text.
void check_utf8(const std::vector<Pieces>& ways, std::string_view input) {
  const std::string whole = text::to_valid_utf8(input);
  for (const Pieces& pieces : ways) {
    std::string shown;
    std::string held;
    for (const std::string_view piece : pieces) {
      held += piece;
      const std::size_t ready = held.size() - text::unfinished_tail(held);
      shown += text::to_valid_utf8(std::string_view(held).substr(0, ready));
      held.erase(0, ready);
    }
    VELA_ASSERT(shown + text::to_valid_utf8(held) == whole);
  }
}

}  // namespace

void check(std::string_view input) {
  const std::vector<Pieces> ways = ways_to_cut(input);
  check_sanitizer(ways, true);
  check_sanitizer(ways, false);
  check_utf8(ways, input);
  const std::string plain = convert(text::PlainText(), ways.front());
  check_safe(plain, false);
  if (input.size() > kLongestLine) return;
  VELA_ASSERT(plain.find('\r') == std::string::npos);
  for (const Pieces& pieces : ways) VELA_ASSERT(convert(text::PlainText(), pieces) == plain);
}

}  // namespace vela::fuzz
