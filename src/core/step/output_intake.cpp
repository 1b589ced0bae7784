#include "core/step/output_intake.hpp"

namespace vela::step {

async::Awaitable<void> OutputIntake::wait_for_turn() {
  co_await uplink_.catch_up();
  if (overflow_.waits() && !uplink_.has_room()) co_await uplink_.wait_for_room();
}

void OutputIntake::push(std::string_view bytes, logs::Stream stream) {
  const bool had_failed = overflow_.has_failed();
  const Overflow::Answer answer = overflow_.on_output(bytes, uplink_.has_room());
  push_marker(answer.marker);
  if (answer.is_taken) uplink_.push(bytes, base::wall_now(), stream);
  if (overflow_.has_failed() && !had_failed) on_failed_();
}

void OutputIntake::end() { push_marker(overflow_.on_end()); }

void OutputIntake::push_marker(std::string_view marker) {
  if (!marker.empty()) uplink_.push(marker, base::wall_now(), logs::Stream::unknown);
}

}  // namespace vela::step
