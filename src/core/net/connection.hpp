#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/deadline.hpp"
#include "core/base/error.hpp"
#include "core/base/unique_fd.hpp"

namespace vela::net {

// Room for one read, shared by all connections of a server: an idle one then holds no buffer. What
// lies in it is used up, or kept by Connection::keep(), before anything is awaited.
struct ReadBuffer {
  static constexpr std::size_t kBytes = 64 * 1024;
  std::array<char, kBytes> bytes;
};

// An accepted TCP or Unix connection: reads without waiting, waits without reading, sends whole.
//
// Executor: the thread of `executor`. One coroutine reads and writes it; cancel() and close() may
// be
//           called from others.
// Errors:   closed (by either side), timeout.
class Connection {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Pieces = std::array<boost::asio::const_buffer, 3>;  // sent in one go; may be empty

  enum class ReadStatus { bytes, nothing_yet, closed };
  struct Read {
    ReadStatus status = ReadStatus::closed;
    std::string_view bytes;  // what was kept, then what came; lies in the shared buffer
  };

  // `fd` is non-blocking. `buffer` is the server's and outlives this.
  Connection(const boost::asio::any_io_executor& executor, base::UniqueFd fd, ReadBuffer& buffer);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Reads once, at most `most` new bytes. Kept bytes move to the front of the answer.
  [[nodiscard]] Read read(std::size_t most);
  // The bytes behind those that were used; they come first in the next read().
  void keep(std::string_view rest);
  [[nodiscard]] std::string_view kept() const { return kept_; }
  void drop_kept(std::size_t count);

  // The last read filled its room, so that there is probably more. False once in a while whatever
  // came, so that one fast peer does not keep the loop from all the others.
  [[nodiscard]] bool has_likely_input() const { return has_likely_input_; }
  // Until a read would find something, the end of the connection included.
  [[nodiscard]] async::Awaitable<Result<void>> wait_input(std::chrono::milliseconds limit);

  // Sends all pieces, however long the peer reads slowly; `limit` holds for the time without
  // progress.
  [[nodiscard]] async::Awaitable<Result<void>> send(Pieces pieces, std::chrono::milliseconds limit);

  // Ends our side, then reads until the peer has ended its own, `limit` at most. Closing with
  // unread bytes would reset the connection, and the peer could lose the answer it has not read
  // yet.
  [[nodiscard]] async::Awaitable<void> linger(std::chrono::milliseconds limit);

  // A look without waiting: the peer has ended its side, or the connection is broken.
  [[nodiscard]] bool is_peer_gone();
  // SO_RCVLOWAT; a kernel that does not know it for this socket wakes as usual.
  void set_wake_bytes(int bytes);

  // Lets go of the socket, for who goes on with the connection in another way; not open then. What
  // was kept() is to be read first.
  [[nodiscard]] base::UniqueFd take_socket();

  // Ends a wait that is under way.
  void cancel();
  void close();
  [[nodiscard]] bool is_open() const { return socket_.is_open(); }

 private:
  [[nodiscard]] async::Awaitable<Result<void>> wait(Socket::wait_type what,
                                                    std::chrono::milliseconds limit);

  Socket socket_;
  ReadBuffer& buffer_;
  async::Deadline deadline_;
  std::string kept_;
  bool has_likely_input_ = false;
  std::size_t bytes_in_a_row_ = 0;  // since the loop was last given to others
};

// The peer has ended its side of that socket, or the connection is broken.
[[nodiscard]] bool has_peer_ended(int fd);

// "127.0.0.1:53412", "[::1]:53412" or "unix".
[[nodiscard]] std::string peer_name(int fd);

}  // namespace vela::net
