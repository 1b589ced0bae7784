#include "core/net/web_socket_client.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <utility>

#include <boost/asio/error.hpp>

#include "core/async/notifier.hpp"
#include "core/base/assert.hpp"
#include "core/net/curl_loop.hpp"
#include "core/net/curl_settings.hpp"

namespace vela::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// A connection that libcurl made and keeps, https://curl.se/libcurl/c/CURLOPT_CONNECT_ONLY.html
class CurlChannel final : public ByteChannel {
 public:
  // `watched`: a copy of the connection's descriptor; libcurl closes its own.
  CurlChannel(const asio::any_io_executor& executor, std::shared_ptr<CurlLoop> loop, CurlEasy easy,
              base::UniqueFd watched)
      : loop_(std::move(loop)), easy_(std::move(easy)), descriptor_(executor, watched.release()) {}
  // Handle and connection belong together until the loop lets go of both.
  ~CurlChannel() override { loop_->remove(easy_.get()); }
  CurlChannel(const CurlChannel&) = delete;
  CurlChannel& operator=(const CurlChannel&) = delete;

  std::size_t read_now(char* room, std::size_t size, error_code& ec) override {
    std::size_t count = 0;
    ec = to_code(curl_easy_recv(easy_.get(), room, size, &count));
    if (!ec && count == 0 && size != 0) ec = asio::error::eof;
    return count;
  }

  std::size_t write_now(std::string_view bytes, error_code& ec) override {
    std::size_t count = 0;
    ec = to_code(curl_easy_send(easy_.get(), bytes.data(), bytes.size(), &count));
    return count;
  }

  void end_writing() override { ::shutdown(descriptor_.native_handle(), SHUT_WR); }
  asio::posix::stream_descriptor& descriptor() override { return descriptor_; }

 private:
  static error_code to_code(CURLcode code) {
    if (code == CURLE_OK) return {};
    if (code == CURLE_AGAIN) return asio::error::would_block;
    return asio::error::connection_reset;
  }

  std::shared_ptr<CurlLoop> loop_;  // also the client's; the last of them closes it
  CurlEasy easy_;
  asio::posix::stream_descriptor descriptor_;
};

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

}  // namespace

class WebSocketClient::Impl {
 public:
  explicit Impl(asio::any_io_executor executor)
      : executor_(std::move(executor)),
        loop_(std::make_shared<CurlLoop>(
            executor_, [] {}, [this](CURL*, CURLcode code) { on_done(code); })),
        ended_(executor_) {}
  ~Impl() { loop_->close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  async::Awaitable<Result<std::unique_ptr<WebSocket>>> connect(std::string url,
                                                               std::chrono::milliseconds limit) {
    std::array<char, CURL_ERROR_SIZE> detail{};
    CurlEasy easy(curl_easy_init());
    VELA_ASSERT(easy != nullptr && !is_connecting_);
    if (!set_up(easy.get(), url, limit, detail.data()) || !loop_->add_connection(easy.get()))
      co_return Error(ErrorCode::unavailable, "out of memory");
    code_.reset();
    is_connecting_ = true;
    const Taken taken(*this, easy.get());
    while (!code_) {
      if (!co_await ended_.wait() && !code_) code_ = CURLE_ABORTED_BY_CALLBACK;
    }
    if (*code_ == CURLE_ABORTED_BY_CALLBACK)
      co_return Error(ErrorCode::canceled, to_public_name("GET", url) + "canceled");
    if (*code_ != CURLE_OK) co_return to_error(*code_, "GET", url, detail.data());
    base::UniqueFd watched = copy_descriptor(easy.get());
    if (!watched.is_open()) co_return to_error(CURLE_COULDNT_CONNECT, "GET", url, "");
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, nullptr);  // it ends with this call
    is_connecting_ = false;
    co_return make_socket(std::move(easy), std::move(watched));
  }

  void cancel() {
    if (is_connecting_) on_done(CURLE_ABORTED_BY_CALLBACK);
  }

 private:
  // Gives the handle back to its owner unless a connection came of it.
  class Taken {
   public:
    Taken(Impl& client, CURL* easy) : client_(client), easy_(easy) {}
    ~Taken() {
      if (std::exchange(client_.is_connecting_, false)) client_.loop_->remove(easy_);
    }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;

   private:
    Impl& client_;
    CURL* const easy_;
  };

  static bool set_up(CURL* easy, const std::string& url, std::chrono::milliseconds limit,
                     char* detail) {
    set_connection_options(easy, limit);
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    // What is no request of HTTP passes a proxy in a tunnel only.
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &discard);  // a proxy's words
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
    return set_url(easy, url);
  }

  static base::UniqueFd copy_descriptor(CURL* easy) {
    curl_socket_t fd = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
    return base::UniqueFd(fd == CURL_SOCKET_BAD ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  }

  std::unique_ptr<WebSocket> make_socket(CurlEasy easy, base::UniqueFd watched) {
    auto channel =
        std::make_unique<CurlChannel>(executor_, loop_, std::move(easy), std::move(watched));
    return std::make_unique<WebSocket>(std::move(channel));
  }

  void on_done(CURLcode code) {
    code_ = code;
    ended_.notify_all();
  }

  asio::any_io_executor executor_;
  std::shared_ptr<CurlLoop> loop_;  // also its waits' and the sockets'
  async::Notifier ended_;
  // Of the connect() under way.
  bool is_connecting_ = false;
  std::optional<CURLcode> code_;
};

WebSocketClient::WebSocketClient(asio::any_io_executor executor)
    : impl_(std::make_unique<Impl>(std::move(executor))) {}
WebSocketClient::~WebSocketClient() = default;

async::Awaitable<Result<std::unique_ptr<WebSocket>>> WebSocketClient::connect(
    std::string url, std::chrono::milliseconds limit) {
  return impl_->connect(std::move(url), limit);
}
void WebSocketClient::cancel() { impl_->cancel(); }

}  // namespace vela::net
