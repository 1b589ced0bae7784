#include "core/net/counted_channel.hpp"

#include <utility>

namespace vela::net {
namespace {

using boost::system::error_code;

class CountedChannel final : public ByteChannel {
 public:
  CountedChannel(std::unique_ptr<ByteChannel> below, ServerCounts& server, RequestEnd& request)
      : below_(std::move(below)), server_(server), request_(request) {}

  std::size_t read_now(char* room, std::size_t size, error_code& ec) override {
    const std::size_t count = below_->read_now(room, size, ec);
    server_.received_bytes += count;
    request_.received_bytes += count;
    return count;
  }

  std::size_t write_now(std::string_view bytes, error_code& ec) override {
    const std::size_t count = below_->write_now(bytes, ec);
    server_.sent_bytes += count;
    request_.sent_bytes += count;
    return count;
  }

  void end_writing() override { below_->end_writing(); }
  boost::asio::posix::stream_descriptor& descriptor() override { return below_->descriptor(); }

 private:
  const std::unique_ptr<ByteChannel> below_;
  ServerCounts& server_;
  RequestEnd& request_;
};

}  // namespace

std::unique_ptr<ByteChannel> count_channel(std::unique_ptr<ByteChannel> below, ServerCounts& server,
                                           RequestEnd& request) {
  return std::make_unique<CountedChannel>(std::move(below), server, request);
}

}  // namespace vela::net
