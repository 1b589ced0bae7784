#include "core/net/web_socket.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/async/deadline.hpp"
#include "core/base/quantity.hpp"
#include "core/net/channel_stream.hpp"
#include "core/net/connection.hpp"
#include "core/net/http_message.hpp"
#include "core/net/server_url.hpp"

namespace vela::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using std::chrono::milliseconds;
// Without compression: output is packed where it is stored, and one stream of zlib a socket would
// hold 300 KiB on both sides.
using Stream = websocket::stream<ChannelStream, false>;

// A buffer of this size may stay with a silent socket.
constexpr std::size_t kKeptBufferBytes = 64 * 1024;
// A client masks its messages piece by piece in a buffer of this size; 4 KiB would be 64 sends for
// what a writer sends at once.
constexpr std::size_t kMaskBufferBytes = 64 * 1024;
constexpr std::size_t kMaxReasonBytes = 123;

constexpr const char* kProtocolHeader = "Sec-WebSocket-Protocol";

http::request<http::empty_body> to_beast(const Request& request) {
  http::request<http::empty_body> copy(http::verb::get, request.path, 11);
  for (const auto& [name, value] : request.headers) copy.insert(name, value);
  return copy;
}

ClientReply to_reply(const websocket::response_type& answer) {
  ClientReply reply;
  reply.status = static_cast<int>(answer.result_int());
  for (const auto& field : answer)
    reply.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  reply.body = answer.body();
  return reply;
}

}  // namespace

class WebSocket::Impl {
 public:
  explicit Impl(std::unique_ptr<ByteChannel> channel)
      : stream_(ChannelStream(std::move(channel))),
        deadline_(stream_.get_executor(), [this] { abort(); }) {
    stream_.read_message_max(kMaxMessageBytes);
    stream_.auto_fragment(false);
    stream_.write_buffer_bytes(kMaskBufferBytes);
  }

  async::Awaitable<Result<void>> accept(const Request& request, std::string_view subprotocol,
                                        milliseconds limit) {
    stream_.set_option(websocket::stream_base::decorator(
        [name = std::string(subprotocol)](websocket::response_type& answer) {
          answer.set(kProtocolHeader, name);
          answer.erase(http::field::server);
          answer.set(http::field::cache_control, "no-store, no-transform");
        }));
    const auto copy = to_beast(request);
    deadline_.set(limit);
    const auto [ec] = co_await stream_.async_accept(copy, async::kUse);
    co_return end(ec, limit);
  }

  async::Awaitable<Result<std::optional<ClientReply>>> ask(std::string_view url,
                                                           const Headers& headers,
                                                           std::string_view subprotocol,
                                                           milliseconds limit) {
    const auto on_socket = split_unix_url(url);
    const auto parsed = boost::urls::parse_uri(on_socket ? std::string_view(on_socket->url) : url);
    if (!parsed) co_return Error(ErrorCode::invalid, "no URL of a server");
    const std::string host(parsed->encoded_host_and_port());
    const std::string target(parsed->encoded_resource());
    stream_.set_option(websocket::stream_base::decorator(
        [&headers, subprotocol](websocket::request_type& request) {
          request.set(http::field::user_agent, kUserAgent);
          for (const auto& [name, value] : headers) request.set(name, value);
          request.set(kProtocolHeader, subprotocol);
        }));
    websocket::response_type answer;
    deadline_.set(limit);
    const auto [ec] = co_await stream_.async_handshake(answer, host, target, async::kUse);
    const bool is_answered = !ec || ec == websocket::error::upgrade_declined;
    const Result<void> ended = end(is_answered ? error_code() : ec, limit);
    if (!ended) co_return ended.error();
    if (!ec && answer[kProtocolHeader] == subprotocol) co_return std::nullopt;
    co_return std::optional(to_reply(answer));
  }

  async::Awaitable<Result<Message>> read() {
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > kKeptBufferBytes) buffer_.shrink_to_fit();
    stream_.next_layer().expect_bytes();
    is_reading_ = true;
    const auto [ec, size] = co_await stream_.async_read(buffer_, async::kUse);
    is_reading_ = false;
    if (ec) co_return read_error(ec);
    const auto bytes = buffer_.cdata();
    co_return Message{stream_.got_text(), {static_cast<const char*>(bytes.data()), size}};
  }

  async::Awaitable<Result<void>> write(bool is_text, std::string_view bytes, milliseconds limit) {
    stream_.text(is_text);
    deadline_.set(limit);
    const auto [ec, size] =
        co_await stream_.async_write(asio::buffer(bytes.data(), bytes.size()), async::kUse);
    static_cast<void>(size);
    co_return end(ec, limit);
  }

  async::Awaitable<Result<void>> ping(milliseconds limit) {
    const websocket::ping_data nothing;
    deadline_.set(limit);
    const auto [ec] = co_await stream_.async_ping(nothing, async::kUse);
    co_return end(ec, limit);
  }

  async::Awaitable<void> close(CloseCode code, std::string_view reason, milliseconds limit) {
    websocket::close_reason frame(static_cast<websocket::close_code>(code));
    frame.reason = beast::string_view(reason.substr(0, kMaxReasonBytes));
    deadline_.set(limit);
    const auto [ec] = co_await stream_.async_close(frame, async::kUse);
    static_cast<void>(ec);  // closed, one way or the other
    deadline_.clear();
  }

  async::Awaitable<void> linger(milliseconds limit) {
    auto& descriptor = stream_.next_layer().channel().descriptor();
    if (!descriptor.is_open()) co_return;
    stream_.next_layer().channel().end_writing();
    deadline_.set(limit);
    while (descriptor.is_open() && drain()) {
      const auto [ec] =
          co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read, async::kUse);
      if (ec) break;
    }
    abort();
  }

  base::SteadyTime heard_at() const { return stream_.next_layer().heard_at(); }
  bool is_reading() const { return is_reading_; }
  bool is_peer_gone() {
    auto& descriptor = stream_.next_layer().channel().descriptor();
    return !descriptor.is_open() || has_peer_ended(descriptor.native_handle());
  }
  std::optional<std::uint16_t> peer_code() const {
    if (!is_closed_by_peer_) return std::nullopt;
    return static_cast<std::uint16_t>(stream_.reason().code);
  }

  void abort() {
    error_code ec;
    stream_.next_layer().channel().descriptor().close(ec);
    deadline_.clear();
  }

 private:
  // Of what was limited.
  Result<void> end(const error_code& ec, milliseconds limit) {
    const bool has_expired = deadline_.has_expired();
    deadline_.clear();
    if (!ec) return {};
    if (has_expired)
      return Error(ErrorCode::timeout, "nothing moved for " + base::format_duration(limit));
    return Error(ErrorCode::closed, "the connection broke: " + ec.message());
  }

  Error read_error(const error_code& ec) {
    if (ec == websocket::error::closed) {
      is_closed_by_peer_ = true;
      const auto& frame = stream_.reason();
      std::string text = "the peer closed with " + std::to_string(frame.code);
      if (!frame.reason.empty()) text += ", " + std::string(frame.reason.c_str());
      return {ErrorCode::closed, std::move(text)};
    }
    const bool is_fault = ec == websocket::condition::protocol_violation ||
                          ec == websocket::error::message_too_big ||
                          ec == websocket::error::bad_frame_payload;
    return {is_fault ? ErrorCode::invalid : ErrorCode::closed,
            "the connection broke: " + ec.message()};
  }

  // Discards what is there; false at the end of the connection.
  bool drain() {
    std::array<char, 4096> room{};
    error_code ec;
    while (stream_.next_layer().channel().read_now(room.data(), room.size(), ec) != 0) {
    }
    return ec == asio::error::would_block;
  }

  Stream stream_;
  beast::flat_buffer buffer_;
  async::Deadline deadline_;  // of what is being written
  bool is_reading_ = false;
  bool is_closed_by_peer_ = false;
};

WebSocket::WebSocket(std::unique_ptr<ByteChannel> channel)
    : impl_(std::make_unique<Impl>(std::move(channel))) {}
WebSocket::~WebSocket() = default;

async::Awaitable<Result<void>> WebSocket::accept(const Request& request,
                                                 std::string_view subprotocol, milliseconds limit) {
  return impl_->accept(request, subprotocol, limit);
}
async::Awaitable<Result<std::optional<ClientReply>>> WebSocket::ask(std::string_view url,
                                                                    const Headers& headers,
                                                                    std::string_view subprotocol,
                                                                    milliseconds limit) {
  return impl_->ask(url, headers, subprotocol, limit);
}
async::Awaitable<Result<WebSocket::Message>> WebSocket::read() { return impl_->read(); }
async::Awaitable<Result<void>> WebSocket::write_text(std::string_view text, milliseconds limit) {
  return impl_->write(true, text, limit);
}
async::Awaitable<Result<void>> WebSocket::write_binary(std::string_view bytes, milliseconds limit) {
  return impl_->write(false, bytes, limit);
}
async::Awaitable<Result<void>> WebSocket::ping(milliseconds limit) { return impl_->ping(limit); }
async::Awaitable<void> WebSocket::close(CloseCode code, std::string_view reason,
                                        milliseconds limit) {
  return impl_->close(code, reason, limit);
}
async::Awaitable<void> WebSocket::linger(milliseconds limit) { return impl_->linger(limit); }

base::SteadyTime WebSocket::heard_at() const { return impl_->heard_at(); }
bool WebSocket::is_reading() const { return impl_->is_reading(); }
bool WebSocket::is_peer_gone() const { return impl_->is_peer_gone(); }
std::optional<std::uint16_t> WebSocket::peer_code() const { return impl_->peer_code(); }
void WebSocket::abort() { impl_->abort(); }

}  // namespace vela::net
