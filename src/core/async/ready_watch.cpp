#include "core/async/ready_watch.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include "core/base/unique_fd.hpp"

namespace vela::async {

ReadyWatch::ReadyWatch(const asio::any_io_executor& executor, int fd, Direction direction)
    : fd_(fd), direction_(direction), epoll_(executor) {
  base::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = direction == Direction::reading ? EPOLLIN : EPOLLOUT;
  // Fails with EPERM for files that are always ready.
  if (!epoll.is_open() || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return;
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
