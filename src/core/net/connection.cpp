#include "core/net/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "core/base/assert.hpp"
#include "core/base/clock.hpp"
#include "core/base/quantity.hpp"

namespace vela::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// About a quarter of a millisecond of one fast peer's bytes; then the others have their turn.
constexpr std::size_t kBytesInARow = 1024 * 1024;

Error closed_error() { return Error(ErrorCode::closed, "the peer closed the connection"); }

Error timeout_error(std::chrono::milliseconds limit) {
  return Error(ErrorCode::timeout,
               "nothing moved on the connection for " + base::format_duration(limit));
}

int family_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address.ss_family;
}

void drop_front(Connection::Pieces& pieces, std::size_t count) {
  for (auto& piece : pieces) {
    const std::size_t taken = std::min(count, piece.size());
    piece += taken;
    count -= taken;
  }
}

bool is_waiting(const error_code& ec) {
  return ec == asio::error::would_block || ec == asio::error::try_again ||
         ec == asio::error::interrupted;
}

}  // namespace

Connection::Connection(const asio::any_io_executor& executor, base::UniqueFd fd, ReadBuffer& buffer)
    : socket_(executor), buffer_(buffer), deadline_(executor, [this] { cancel(); }) {
  error_code ec;
  socket_.assign(asio::generic::stream_protocol(family_of(fd.get()), 0), fd.get(), ec);
  if (ec) return;  // not open: the first wait says so
  static_cast<void>(fd.release());
  socket_.non_blocking(true, ec);
  if (ec) close();
}

Connection::Read Connection::read(std::size_t most) {
  has_likely_input_ = false;
  VELA_ASSERT(kept_.size() < ReadBuffer::kBytes);
  char* const front = buffer_.bytes.data();
  const std::size_t room = std::min(most, ReadBuffer::kBytes - kept_.size());
  error_code ec;
  const std::size_t count = socket_.read_some(asio::buffer(front + kept_.size(), room), ec);
  if (is_waiting(ec)) return Read{ReadStatus::nothing_yet, {}};
  if (ec) return Read{ReadStatus::closed, {}};
  std::memcpy(front, kept_.data(), kept_.size());
  const std::size_t size = kept_.size() + count;
  kept_.clear();
  bytes_in_a_row_ += count;
  has_likely_input_ = count == room && bytes_in_a_row_ < kBytesInARow;
  return Read{ReadStatus::bytes, std::string_view(front, size)};
}

void Connection::keep(std::string_view rest) {
  // An idle connection holds nothing, so clear() would not do.
  if (rest.empty())
    std::string().swap(kept_);
  else
    kept_.assign(rest);
}

void Connection::drop_kept(std::size_t count) { keep(std::string(kept_, count)); }

async::Awaitable<Result<void>> Connection::wait_input(std::chrono::milliseconds limit) {
  return wait(Socket::wait_read, limit);
}

async::Awaitable<Result<void>> Connection::wait(Socket::wait_type what,
                                                std::chrono::milliseconds limit) {
  bytes_in_a_row_ = 0;
  deadline_.set(limit);
  const auto [ec] = co_await socket_.async_wait(what, async::kUse);
  const bool has_expired = deadline_.has_expired();
  deadline_.clear();
  if (!ec) co_return Result<void>();
  if (has_expired) co_return timeout_error(limit);
  co_return closed_error();
}

async::Awaitable<Result<void>> Connection::send(Pieces pieces, std::chrono::milliseconds limit) {
  while (asio::buffer_size(pieces) != 0) {
    error_code ec;
    const std::size_t count = socket_.write_some(pieces, ec);
    if (is_waiting(ec)) {
      auto waited = co_await wait(Socket::wait_write, limit);
      if (!waited) co_return waited.error();
    } else if (ec) {
      co_return closed_error();
    }
    drop_front(pieces, count);
    bytes_in_a_row_ += count;
  }
  if (bytes_in_a_row_ >= kBytesInARow) {
    bytes_in_a_row_ = 0;
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  }
  co_return Result<void>();
}

async::Awaitable<void> Connection::linger(std::chrono::milliseconds limit) {
  error_code ec;
  socket_.shutdown(Socket::shutdown_send, ec);
  std::string().swap(kept_);
  const base::SteadyTime until = base::steady_now() + limit;
  while (socket_.is_open()) {
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(until - base::steady_now());
    if (rest.count() <= 0) co_return;
    const auto waited = co_await wait_input(rest);
    if (!waited || read(ReadBuffer::kBytes).status == ReadStatus::closed) co_return;
  }
}

bool Connection::is_peer_gone() {
  return !socket_.is_open() || has_peer_ended(socket_.native_handle());
}

base::UniqueFd Connection::take_socket() {
  error_code ec;
  base::UniqueFd fd(socket_.release(ec));
  return ec ? base::UniqueFd() : std::move(fd);
}

void Connection::set_wake_bytes(int bytes) {
  error_code ec;
  socket_.set_option(asio::socket_base::receive_low_watermark(bytes), ec);
}

void Connection::cancel() {
  error_code ec;
  socket_.cancel(ec);
}

void Connection::close() {
  error_code ec;
  socket_.close(ec);
}

bool has_peer_ended(int fd) {
  pollfd look{fd, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

std::string peer_name(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    const std::string port = std::to_string(ntohs(v6.sin6_port));
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {  // an IPv4 peer of a socket for all addresses
      ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], host.data(), host.size());
      return std::string(host.data()) + ":" + port;
    }
    ::inet_ntop(AF_INET6, &v6.sin6_addr, host.data(), host.size());
    return "[" + std::string(host.data()) + "]:" + port;
  }
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, host.data(), host.size());
    return std::string(host.data()) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  return "unix";
}

}  // namespace vela::net
