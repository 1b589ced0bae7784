#include "core/base/status_line.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace vela::base {
namespace {

// To the line's beginning, and clear to its end: ECMA-48's CR and EL.
constexpr std::string_view kClear = "\r\x1b[K";

std::atomic<bool> is_shown = false;

// What does not fit or fails is lost: it is shown anew soon.
void write_out(std::string_view bytes) {
  if (!bytes.empty()) static_cast<void>(!::write(STDERR_FILENO, bytes.data(), bytes.size()));
}

// As much of `text` as one line of the terminal takes: what wraps could not be cleared.
std::string_view cut_to_width(std::string_view text) {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return text;
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] & 0xC0) != 0x80 && ++columns == size.ws_col) return text.substr(0, i);
  return text;
}

}  // namespace

bool obeys_sequences() {
  const char* term = std::getenv("TERM");
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool has_status_line() { return ::isatty(STDERR_FILENO) == 1 && obeys_sequences(); }

bool show_status_line(std::string_view text) {
  if (!has_status_line()) return false;
  is_shown = true;
  write_out(std::string(kClear) + std::string(cut_to_width(text)));
  return true;
}

void clear_status_line() { write_out(take_status_line()); }

std::string_view take_status_line() { return is_shown.exchange(false) ? kClear : ""; }

}  // namespace vela::base
