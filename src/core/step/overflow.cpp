#include "core/step/overflow.hpp"

#include <utility>

namespace vela::step {

Overflow::Answer Overflow::on_output(std::string_view bytes, bool has_room) {
  Answer answer;
  if (way_ == WhenFull::fail && !has_room) has_failed_ = true;
  answer.is_taken = waits() || (has_room && !has_failed_);
  if (!answer.is_taken) {
    dropped_ += bytes.size();
    unmarked_ += bytes.size();
    return answer;
  }
  answer.marker = on_end();
  if (!bytes.empty()) is_line_open_ = bytes.back() != '\n';
  return answer;
}

std::string Overflow::on_end() {
  if (unmarked_ == 0) return {};
  const std::string line_end = std::exchange(is_line_open_, false) ? "\n" : "";
  return line_end + "[vela-logs: " + std::to_string(std::exchange(unmarked_, 0)) +
         " bytes found no room and were dropped here]\n";
}

}  // namespace vela::step
