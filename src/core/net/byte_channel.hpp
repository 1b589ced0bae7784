#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>

#include "core/base/unique_fd.hpp"

namespace vela::net {

// A connection that somebody else made, whatever lies below (a socket of ours, one of libcurl's
// with its TLS): reads and writes without waiting, and lends a descriptor to wait with.
//
// Executor: the thread of its descriptor's executor.
class ByteChannel {
 public:
  virtual ~ByteChannel() = default;

  // How many bytes were moved. would_block: none now, wait. eof: the peer has ended its side.
  [[nodiscard]] virtual std::size_t read_now(char* room, std::size_t size,
                                             boost::system::error_code& ec) = 0;
  // After would_block the same bytes, at the same place, have to be written next.
  [[nodiscard]] virtual std::size_t write_now(std::string_view bytes,
                                              boost::system::error_code& ec) = 0;
  // No more writes; the peer sees the end.
  virtual void end_writing() = 0;
  [[nodiscard]] virtual boost::asio::posix::stream_descriptor& descriptor() = 0;
};

// A plain socket. `first`: bytes that were read from it already.
[[nodiscard]] std::unique_ptr<ByteChannel> make_socket_channel(
    const boost::asio::any_io_executor& executor, base::UniqueFd fd, std::string first);

}  // namespace vela::net
