#include "core/async/output_writer.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "core/async/ready_watch.hpp"
#include "core/base/unique_fd.hpp"

namespace vela::async {
namespace {

// PIPE_BUF on Linux: a pipe that poll() calls writable takes this much without blocking.
constexpr std::size_t kMaxBlockingWrite = 4096;

enum class Way {
  direct,        // a file or a device that takes everything at once
  non_blocking,  // a description of our own: O_NONBLOCK is seen by nobody else
  socket,        // MSG_DONTWAIT asks for this one call not to block
  shared,        // can't be reopened: small writes, each after poll() said that it will not block
};

// A second description of the pipe or terminal `fd`. Fails for a terminal of another user, for a
// pipe that nobody reads any more, and where there is no /proc.
base::UniqueFd reopen(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return base::UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

bool may_wait(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || (S_ISCHR(status.st_mode) && ::isatty(fd) == 1);
}

bool is_socket(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

class OutputWriter::Impl {
 public:
  Impl(const boost::asio::any_io_executor& executor, int fd)
      : own_(may_wait(fd) ? reopen(fd) : base::UniqueFd()),
        fd_(own_.is_open() ? own_.get() : fd),
        way_(own_.is_open()  ? Way::non_blocking
             : is_socket(fd) ? Way::socket
             : may_wait(fd)  ? Way::shared
                             : Way::direct),
        watch_(executor, fd_, ReadyWatch::Direction::writing),
        is_terminal_(::isatty(fd) == 1) {}

  Awaitable<Result<void>> write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = write_some(bytes);
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN || !watch_.can_wait()) co_return failure(errno);
      const Result<void> ready = co_await watch_.wait();
      if (!ready) co_return ready.error();
    }
    co_return Result<void>();
  }

  [[nodiscard]] bool is_terminal() const { return is_terminal_; }

 private:
  // As ::write: the number of bytes taken, or -1 with EAGAIN when it would block.
  [[nodiscard]] ssize_t write_some(std::string_view bytes) const {
    switch (way_) {
      case Way::socket:
        return ::send(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      case Way::shared:
        if (!watch_.is_ready()) {
          errno = EAGAIN;
          return -1;
        }
        return ::write(fd_, bytes.data(), std::min(bytes.size(), kMaxBlockingWrite));
      case Way::direct:
      case Way::non_blocking:
        break;
    }
    return ::write(fd_, bytes.data(), bytes.size());
  }

  static Error failure(int errno_value) {
    const bool is_closed = errno_value == EPIPE || errno_value == ECONNRESET;
    return errno_error(is_closed ? ErrorCode::closed : ErrorCode::unavailable, "writing the output",
                       errno_value);
  }

  base::UniqueFd own_;
  int fd_;
  Way way_;
  ReadyWatch watch_;
  bool is_terminal_;
};

OutputWriter::OutputWriter(boost::asio::any_io_executor executor, int fd)
    : impl_(std::make_unique<Impl>(executor, fd)) {}

OutputWriter::~OutputWriter() = default;

Awaitable<Result<void>> OutputWriter::write(std::string_view bytes) { return impl_->write(bytes); }

bool OutputWriter::is_terminal() const { return impl_->is_terminal(); }

}  // namespace vela::async
