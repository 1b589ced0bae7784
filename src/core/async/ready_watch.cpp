#include "core/async/ready_watch.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <cstdint>

#include "core/base/unique_fd.hpp"

namespace vela::async {
namespace {

// Watches `fd` for as long as somebody waits and no longer: a pipe that is watched wakes the loop
// at every write into it, and most of what gathering saves would be lost.
class Armed {
 public:
  Armed(int epoll, int fd, ReadyWatch::Direction direction) : epoll_(epoll), fd_(fd) {
    set(direction == ReadyWatch::Direction::reading ? EPOLLIN : EPOLLOUT);
  }
  ~Armed() { set(0); }
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;

 private:
  void set(std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    static_cast<void>(::epoll_ctl(epoll_, EPOLL_CTL_MOD, fd_, &event));
  }

  int epoll_;
  int fd_;
};

}  // namespace

ReadyWatch::ReadyWatch(const asio::any_io_executor& executor, int fd, Direction direction)
    : fd_(fd), direction_(direction), epoll_(executor) {
  base::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event nothing_yet{};
  // Fails with EPERM for files that are always ready.
  if (!epoll.is_open() || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &nothing_yet) != 0) return;
  boost::system::error_code ec;
  epoll_.assign(epoll.get(), ec);
  if (!ec) static_cast<void>(epoll.release());
}

bool ReadyWatch::is_ready() const {
  if (!can_wait()) return true;
  pollfd state{fd_, static_cast<short>(direction_ == Direction::reading ? POLLIN : POLLOUT), 0};
  return ::poll(&state, 1, 0) != 0;  // a failure counts: the read or write will tell it
}

Awaitable<Result<void>> ReadyWatch::wait() {
  if (!can_wait()) co_return Result<void>();
  const Armed armed(epoll_.native_handle(), fd_, direction_);
  const auto [ec] = co_await epoll_.async_wait(asio::posix::stream_descriptor::wait_read, kUse);
  if (ec == asio::error::operation_aborted) co_return Error(ErrorCode::canceled, "canceled");
  if (ec) co_return errno_error(ErrorCode::unavailable, "waiting for a descriptor", ec.value());
  co_return Result<void>();
}

void ReadyWatch::cancel() {
  boost::system::error_code ec;
  epoll_.cancel(ec);
}

}  // namespace vela::async
