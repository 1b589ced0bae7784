#include "core/net/byte_channel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/asio/error.hpp>

namespace vela::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

error_code last_error() {
  if (errno == EAGAIN || errno == EINTR) return asio::error::would_block;
  return {errno, boost::system::system_category()};
}

class SocketChannel final : public ByteChannel {
 public:
  SocketChannel(const asio::any_io_executor& executor, base::UniqueFd fd, std::string first)
      : first_(std::move(first)), descriptor_(executor, fd.release()) {}

  std::size_t read_now(char* room, std::size_t size, error_code& ec) override {
    ec = {};
    if (!first_.empty()) {
      const std::size_t taken = first_.copy(room, size);
      first_.erase(0, taken);
      return taken;
    }
    const ssize_t count = ::recv(descriptor_.native_handle(), room, size, 0);
    if (count > 0) return static_cast<std::size_t>(count);
    ec = count == 0 ? error_code(asio::error::eof) : last_error();
    return 0;
  }

  std::size_t write_now(std::string_view bytes, error_code& ec) override {
    ec = {};
    const ssize_t count =
        ::send(descriptor_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return static_cast<std::size_t>(count);
    ec = last_error();
    return 0;
  }

  void end_writing() override { ::shutdown(descriptor_.native_handle(), SHUT_WR); }
  asio::posix::stream_descriptor& descriptor() override { return descriptor_; }

 private:
  std::string first_;
  asio::posix::stream_descriptor descriptor_;
};

}  // namespace

std::unique_ptr<ByteChannel> make_socket_channel(const asio::any_io_executor& executor,
                                                 base::UniqueFd fd, std::string first) {
  return std::make_unique<SocketChannel>(executor, std::move(fd), std::move(first));
}

}  // namespace vela::net
