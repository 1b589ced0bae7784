#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>

#include "core/base/clock.hpp"
#include "core/net/byte_channel.hpp"

// A ByteChannel as the AsyncStream that Beast wants below a WebSocket. Included by web_socket.cpp
// alone.
namespace vela::net {

class ChannelStream {
 public:
  using executor_type = boost::asio::any_io_executor;

  explicit ChannelStream(std::unique_ptr<ByteChannel> channel)
      : channel_(std::move(channel)), executor_(channel_->descriptor().get_executor()) {}

  [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }
  [[nodiscard]] ByteChannel& channel() { return *channel_; }
  // When bytes last came.
  [[nodiscard]] base::SteadyTime heard_at() const { return heard_at_; }
  void expect_bytes() { heard_at_ = base::steady_now(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    const auto first = boost::asio::buffer_sequence_begin(buffers);
    const bool is_empty = first == boost::asio::buffer_sequence_end(buffers);
    const boost::asio::mutable_buffer room =
        is_empty ? boost::asio::mutable_buffer() : boost::asio::mutable_buffer(*first);
    const auto move = [this, room](boost::system::error_code& ec) {
      const std::size_t moved =
          channel_->read_now(static_cast<char*>(room.data()), room.size(), ec);
      if (moved != 0) expect_bytes();
      return moved;
    };
    return move_or_wait(move, Descriptor::wait_read, token);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    // One send a frame, its head and its bytes.
    gathered_.clear();
    for (auto at = boost::asio::buffer_sequence_begin(buffers);
         at != boost::asio::buffer_sequence_end(buffers); ++at) {
      const boost::asio::const_buffer piece(*at);
      gathered_.append(static_cast<const char*>(piece.data()), piece.size());
    }
    const auto move = [this](boost::system::error_code& ec) {
      return channel_->write_now(gathered_, ec);
    };
    return move_or_wait(move, Descriptor::wait_write, token);
  }

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  // Moves bytes, and waits as long as none can be. Never ends within the call that began it.
  template <class Move>
  struct Op {
    template <class Self>
    void operator()(Self& self, boost::system::error_code ec = {}) {
      if (is_done) return self.complete(result, moved);
      if (ec) return self.complete(ec, 0);
      moved = move(result);
      Descriptor& descriptor = stream.channel_->descriptor();
      // Closed by who gave the connection up: libcurl's socket, which it was a copy of, is not.
      if (!descriptor.is_open()) result = boost::asio::error::operation_aborted;
      if (result == boost::asio::error::would_block) {
        has_waited = true;
        descriptor.async_wait(type, std::move(self));
      } else if (has_waited) {
        self.complete(result, moved);
      } else {
        is_done = true;
        boost::asio::post(descriptor.get_executor(), std::move(self));
      }
    }

    ChannelStream& stream;
    Move move;
    Descriptor::wait_type type = Descriptor::wait_read;
    bool has_waited = false;
    bool is_done = false;
    boost::system::error_code result{};
    std::size_t moved = 0;
  };

  template <class Move, class Token>
  auto move_or_wait(const Move& move, Descriptor::wait_type type, Token& token) {
    return boost::asio::async_compose<Token, void(boost::system::error_code, std::size_t)>(
        Op<Move>{*this, move, type}, token, executor_);
  }

  std::unique_ptr<ByteChannel> channel_;
  executor_type executor_;
  std::string gathered_;  // what is being written
  base::SteadyTime heard_at_ = base::steady_now();
};

// Found by Beast, the first when it is to be cut. In the second, when it has ended in good order,
// nothing: the end is its owner's to make.
inline void beast_close_socket(ChannelStream& stream) {
  boost::system::error_code ec;
  stream.channel().descriptor().close(ec);
}

template <class Handler>
void async_teardown(boost::beast::role_type /*role*/, ChannelStream& stream, Handler&& handler) {
  boost::asio::post(stream.get_executor(), [handler = std::forward<Handler>(handler)]() mutable {
    handler(boost::system::error_code());
  });
}

}  // namespace vela::net
