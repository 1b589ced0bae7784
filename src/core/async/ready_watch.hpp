#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"

namespace vela::async {

// Waits until a descriptor can be read or written without touching its flags. Asio's own
// descriptors become non-blocking, for every process that shares them: a standard input, output or
// error must not.
//
// Executor: the thread of `executor`; one wait at a time.
// Lifetime: the descriptor is borrowed and outlives this.
class ReadyWatch {
 public:
  enum class Direction { reading, writing };

  ReadyWatch(const asio::any_io_executor& executor, int fd, Direction direction);

  // False for what is always ready (a regular file, /dev/null), or when the system refuses the
  // watch: is_ready() is true then and wait() returns at once.
  [[nodiscard]] bool can_wait() const { return epoll_.is_open(); }

  // Whether a read or write would do something now; its end or failure counts.
  [[nodiscard]] bool is_ready() const;

  // Returns when it is ready. Errors: canceled, unavailable.
  [[nodiscard]] Awaitable<Result<void>> wait();

  // Ends a wait with ErrorCode::canceled.
  void cancel();

 private:
  int fd_;
  Direction direction_;
  // An epoll instance that holds only `fd`: it is readable when `fd` is ready, and has its own
  // flags.
  asio::posix::stream_descriptor epoll_;
};

}  // namespace vela::async
