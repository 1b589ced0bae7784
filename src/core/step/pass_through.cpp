#include "core/step/pass_through.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"

namespace vela::step {
namespace {

using std::chrono_literals::operator""s;

// For one piece of at most 64 KiB: a reader that is alive, however busy, takes that.
constexpr auto kPatience = 1s;

}  // namespace

PassThrough::PassThrough(boost::asio::any_io_executor executor, int fd, std::string name)
    : executor_(executor),
      writer_(executor, fd),
      name_(std::move(name)),
      patience_(executor, [this] { give_up(); }),
      written_(executor) {}

async::Awaitable<void> PassThrough::write(std::string_view bytes) {
  if (is_stopped_) co_return;
  start(bytes);
  if (is_writing_ && is_hurried_) patience_.set(kPatience);
  while (is_writing_) co_await written_.wait();
  patience_.clear();
}

// The write is a coroutine of its own, so that give_up() reaches it and nothing else.
void PassThrough::start(std::string_view bytes) {
  is_writing_ = true;
  auto on_end = [this](const std::exception_ptr& failure, const Result<void>& written) {
    on_written(failure ? Error(ErrorCode::canceled, "canceled") : written);
  };
  boost::asio::co_spawn(executor_, writer_.write(bytes),
                        boost::asio::bind_cancellation_slot(cancel_.slot(), std::move(on_end)));
}

void PassThrough::on_written(const Result<void>& written) {
  is_writing_ = false;
  written_.notify_all();
  if (written || std::exchange(is_stopped_, true)) return;
  if (written.error().code() == ErrorCode::closed) return;
  spdlog::warn("{}: {}; the step and its log go on", name_, written.error().text());
}

void PassThrough::hurry() {
  is_hurried_ = true;
  if (is_writing_) patience_.set(kPatience);
}

void PassThrough::give_up() {
  if (!is_writing_ || std::exchange(is_stopped_, true)) return;
  spdlog::warn("{} is not being read: the rest of the output is in the log only", name_);
  cancel_.emit(boost::asio::cancellation_type::terminal);
}

}  // namespace vela::step
