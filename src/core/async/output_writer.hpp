#pragma once

#include <memory>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"

namespace vela::async {

// Writes to a standard output that may be a pipe, a terminal, a socket or a file, without blocking
// the loop and without making somebody else's descriptor non-blocking: a pipe or terminal is
// reopened through /proc/self/fd, a socket is sent to with MSG_DONTWAIT, a file is written
// directly.
//
// Executor: the thread of `executor`; one write at a time.
class OutputWriter {
 public:
  // `fd` is borrowed: 1 or 2.
  OutputWriter(boost::asio::any_io_executor executor, int fd);
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  // Returns when all bytes are written; waits as long as the other side does not read.
  // Errors: closed (EPIPE: nobody reads any more; SIGPIPE is ignored by the program), unavailable,
  // canceled.
  [[nodiscard]] Awaitable<Result<void>> write(std::string_view bytes);

  [[nodiscard]] bool is_terminal() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vela::async
