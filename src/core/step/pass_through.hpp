#pragma once

#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/deadline.hpp"
#include "core/async/notifier.hpp"
#include "core/async/output_writer.hpp"

namespace vela::step {

// The command's output on our own standard output or error. When nobody reads that any more
// (`run-step … | head`) the bytes are dropped and the step goes on: the log is what it is for, and
// a command killed by its reader would leave half of one.
//
// Executor: the thread of `executor`; one write at a time.
class PassThrough {
 public:
  // `fd` is borrowed: 1 or 2; `name` is for messages.
  PassThrough(boost::asio::any_io_executor executor, int fd, std::string name);

  // Returns when the bytes are written or dropped.
  [[nodiscard]] async::Awaitable<void> write(std::string_view bytes);
  // The step has ended: a write that takes longer than a moment from now on is given up, with all
  // that follows.
  void hurry();

 private:
  void start(std::string_view bytes);
  void on_written(const Result<void>& written);
  void give_up();

  boost::asio::any_io_executor executor_;
  async::OutputWriter writer_;
  std::string name_;
  boost::asio::cancellation_signal cancel_;
  bool is_stopped_ = false;
  bool is_writing_ = false;
  bool is_hurried_ = false;
  async::Deadline patience_;
  async::Notifier written_;
};

}  // namespace vela::step
