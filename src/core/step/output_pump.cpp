#include "core/step/output_pump.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"

namespace vela::step {
namespace {

using std::chrono_literals::operator""ms;

// What the pipe holds at most, and one read more: beyond it the bytes are younger than hurry().
constexpr std::size_t kPipeBytes = 1024 * 1024 + 64 * 1024;
// A pipe that has bytes gives them at once.
constexpr auto kSilence = 100ms;

}  // namespace

OutputPump::OutputPump(boost::asio::any_io_executor executor, base::UniqueFd fd,
                       logs::Stream stream, OutputIntake& intake, PassThrough* pass_through)
    : executor_(executor),
      reader_(executor, std::move(fd)),
      stream_(stream),
      intake_(intake),
      pass_through_(pass_through),
      silence_(executor, [this] { reader_.cancel(); }),
      budget_(kPipeBytes) {}

async::Awaitable<void> OutputPump::run() {
  while (true) {
    co_await intake_.wait_for_turn();
    if (is_hurried_ && budget_ == 0) co_return;
    if (is_hurried_) silence_.set(kSilence);
    is_reading_ = true;
    const Result<std::string_view> piece = co_await reader_.read();
    is_reading_ = false;
    silence_.clear();
    if (!piece) {
      if (piece.error().code() != ErrorCode::canceled) spdlog::warn("{}", piece.error().text());
      co_return;
    }
    if (piece->empty()) co_return;
    intake_.push(*piece, stream_);
    if (is_hurried_) budget_ -= std::min(budget_, piece->size());
    if (pass_through_ != nullptr) co_await pass_through_->write(*piece);
  }
}

bool OutputPump::hurry() {
  is_hurried_ = true;
  if (pass_through_ != nullptr) pass_through_->hurry();
  const bool was_reading = is_reading_;
  if (was_reading) reader_.cancel();
  return was_reading;
}

}  // namespace vela::step
