#include "core/net/http_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <list>
#include <system_error>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>

#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/base/assert.hpp"
#include "core/base/logging.hpp"
#include "core/net/http_session.hpp"
#include "core/net/listen_address.hpp"

namespace vela::net {
namespace {

namespace asio = boost::asio;

// A crowd that comes at once is taken in with few wake-ups, and sessions still run in between.
constexpr int kAcceptsInARow = 64;

// Without descriptors or memory, accept() fails at once and for as long as that lasts.
constexpr std::chrono::milliseconds kAcceptPause{100};

// join() needs a limit; run() has none.
constexpr std::chrono::hours kLongJoin{24};

// That connection failed before we took it; the next one may be well.
bool is_of_one_connection(int error) { return error == ECONNABORTED || error == EINTR; }

// Lines must not wait for an acknowledgement of the line before; a peer that is gone without a word
// must be noticed. On a Unix socket these fail, which is fine.
void set_socket_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(asio::any_io_executor executor, ServerLimits limits, HttpHandler& handler)
      : executor_(executor), context_(limits, handler), tasks_(executor), stopped_(executor) {
    // A head must fit in the shared buffer, and leave room to read.
    VELA_ASSERT(limits.header_bytes <= ReadBuffer::kBytes / 2);
  }

  Result<std::string> listen(std::string_view text) {
    const auto address = ListenAddress::parse(text);
    if (!address) return address.error();
    return add(ListenSocket::open(*address));
  }

  Result<std::string> adopt(int fd) { return add(ListenSocket::adopt(base::UniqueFd(fd))); }

  async::Awaitable<void> run() {
    // A cancelled join would leave tasks behind that use us: stop_accepting() and close_all() end
    // it.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    for (Listener& listener : listeners_) {
      tasks_.spawn("accept " + listener.socket.url(), accept(listener));
    }
    while (!co_await tasks_.join(kLongJoin)) {
    }
    listeners_.clear();
  }

  void stop_accepting() {
    context_.is_stopping = true;
    for (Listener& listener : listeners_) listener.close();
    stopped_.notify_all();
    for (HttpSession* session : sessions_) session->close_if_idle();
  }

  void close_all() {
    stop_accepting();
    for (HttpSession* session : sessions_) session->close();
    // Ends what handlers wait for other than the connection.
    tasks_.cancel();
  }

  std::size_t sessions() const { return sessions_.size(); }
  const ServerCounts& counts() const { return context_.counts; }

 private:
  struct Listener {
    Listener(const asio::any_io_executor& executor, ListenSocket listen_socket)
        : socket(std::move(listen_socket)), watch(executor, socket.fd()) {}
    ~Listener() { close(); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    void close() {
      if (!watch.is_open()) return;
      watch.release();  // the socket closes its descriptor itself
      const ListenSocket closed = std::move(socket);
    }

    ListenSocket socket;
    asio::posix::stream_descriptor watch;
  };

  Result<std::string> add(Result<ListenSocket> socket) {
    if (!socket) return socket.error();
    const Listener& added = listeners_.emplace_back(executor_, std::move(*socket));
    return added.socket.url();
  }

  async::Awaitable<void> accept(Listener& listener) {
    bool is_warned = false;
    while (!context_.is_stopping) {
      const auto [ec] = co_await listener.watch.async_wait(
          asio::posix::stream_descriptor::wait_read, async::kUse);
      if (ec || context_.is_stopping) co_return;
      const int failure = accept_waiting(listener);
      if (failure == 0) {
        is_warned = false;
        continue;
      }
      if (!std::exchange(is_warned, true)) {
        spdlog::warn("cannot accept connections on {}: {}", listener.socket.url(),
                     std::generic_category().message(failure));
      }
      co_await stopped_.wait_until(base::steady_now() + kAcceptPause);
    }
  }

  // Takes in who waits. Returns 0, or the errno of a failure that the next accept() would repeat.
  int accept_waiting(Listener& listener) {
    for (int i = 0; i < kAcceptsInARow; ++i) {
      base::UniqueFd fd(
          ::accept4(listener.socket.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd.is_open()) {
        if (tasks_.size() >= context_.limits.connections + listeners_.size()) {
          ++context_.counts.rejected;
          continue;  // closes
        }
        ++context_.counts.accepted;
        set_socket_options(fd.get());
        std::string peer = peer_name(fd.get());
        std::string name = "session of " + peer;
        tasks_.spawn(std::move(name), serve(std::move(fd), std::move(peer)));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return 0;
      } else if (!is_of_one_connection(errno)) {
        return errno;
      }
    }
    return 0;
  }

  async::Awaitable<void> serve(base::UniqueFd fd, std::string peer) {
    HttpSession session(executor_, std::move(fd), std::move(peer), context_);
    struct Enlisted {
      std::list<HttpSession*>& list;
      std::list<HttpSession*>::iterator place;
      ~Enlisted() { list.erase(place); }
    };
    const Enlisted enlisted{sessions_, sessions_.insert(sessions_.end(), &session)};
    co_await session.run();
  }

  asio::any_io_executor executor_;
  ServerContext context_;
  std::list<Listener> listeners_;
  std::list<HttpSession*> sessions_;
  async::TaskGroup tasks_;
  async::Notifier stopped_;
};

HttpServer::HttpServer(asio::any_io_executor executor, ServerLimits limits, HttpHandler& handler)
    : impl_(std::make_unique<Impl>(std::move(executor), limits, handler)) {}
HttpServer::~HttpServer() = default;

Result<std::string> HttpServer::listen(std::string_view address) { return impl_->listen(address); }
Result<std::string> HttpServer::adopt(int fd) { return impl_->adopt(fd); }
async::Awaitable<void> HttpServer::run() { return impl_->run(); }
void HttpServer::stop_accepting() { impl_->stop_accepting(); }
void HttpServer::close_all() { impl_->close_all(); }
std::size_t HttpServer::sessions() const { return impl_->sessions(); }
const ServerCounts& HttpServer::counts() const { return impl_->counts(); }

}  // namespace vela::net
