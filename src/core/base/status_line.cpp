#include "core/base/status_line.hpp"

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

}  // namespace

bool obeys_sequences() {
  const char* term = std::getenv("TERM");
  return term != nullptr && *term != '\0' && std::string_view(term) != "dumb";
}

bool has_status_line() { return ::isatty(STDERR_FILENO) == 1 && obeys_sequences(); }

bool show_status_line(std::string_view text) {
  if (!has_status_line()) return false;
  is_shown = true;
  write_out(std::string(kClear) + std::string(text));
  return true;
}

void clear_status_line() { write_out(take_status_line()); }

std::string_view take_status_line() { return is_shown.exchange(false) ? kClear : ""; }

}  // namespace vela::base
