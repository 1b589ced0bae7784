#include "core/step/pass_through.hpp"

#include <exception>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <spdlog/spdlog.h>

#include "core/base/logging.hpp"

namespace vela::step {

PassThrough::PassThrough(boost::asio::any_io_executor executor, int fd, std::string name)
    : executor_(executor), writer_(executor, fd), name_(std::move(name)), written_(executor) {}

async::Awaitable<void> PassThrough::write(std::string_view bytes) {
  if (is_stopped_) co_return;
  start(bytes);
  while (is_writing_) co_await written_.wait();
}

// The write is a coroutine of its own, so that stop() reaches it and nothing else.
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

void PassThrough::stop() {
  if (std::exchange(is_stopped_, true)) return;
  if (!is_writing_) return;
  spdlog::warn("{} is not being read: the rest of the output is in the log only", name_);
  cancel_.emit(boost::asio::cancellation_type::terminal);
}

}  // namespace vela::step
