#include "support/chaos_proxy.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>

#include "support/http_message_end.hpp"

namespace vela::test {
namespace {

using Clock = std::chrono::steady_clock;

// What one way holds before it reads no more; small, so that a slow network slows its sender.
constexpr std::size_t kMaxQueuedBytes = 16 * 1024;
// How often a way that waits for time looks again.
constexpr int kTickMs = 2;

void set_up(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

// The close that follows is a reset.
void make_abortive(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

// Two sockets and what is under way between them.
class ChaosProxy::Connection {
 public:
  Connection(base::UniqueFd client, base::UniqueFd server)
      : client_(std::move(client)), server_(std::move(server)) {
    up_.from = down_.to = client_.get();
    up_.to = down_.from = server_.get();
  }

  void add_polls(std::vector<pollfd>& polls, const Weather& weather) const {
    for (const Way* way : {&up_, &down_}) {
      const bool wants = weather.flow != Weather::Flow::stall && !way->has_ended &&
                         (way->queued < kMaxQueuedBytes || is_dead_);
      polls.push_back({wants ? way->from : -1, POLLIN, 0});
    }
  }
  [[nodiscard]] bool waits_for_time() const { return !up_.queue.empty() || !down_.queue.empty(); }

  // False when the connection is over.
  bool move(const Weather& weather, bool up_ready, bool down_ready, Clock::time_point now) {
    if (up_ready && !take(up_, weather, weather.holds_requests, now)) return false;
    if (down_ready && !take(down_, weather, weather.holds_responses, now)) return false;
    if (is_dead_) return !(up_.has_ended && down_.has_ended);
    if (weather.flow != Weather::Flow::pass) return true;
    if (!give(up_, weather, now) || !give(down_, weather, now)) return false;
    return !(up_.is_shut && down_.is_shut);
  }
  void reset() {
    make_abortive(client_.get());
    make_abortive(server_.get());
  }

 private:
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  struct Way {
    int from = -1;
    int to = -1;
    std::string held;  // of a message that is not whole yet
    std::deque<Piece> queue;
    std::size_t queued = 0;
    double allowance = 0;  // bytes that may go now
    Clock::time_point allowance_at = Clock::now();
    bool has_ended = false;
    bool is_shut = false;

    void put(std::string bytes, Clock::time_point due) {
      if (bytes.empty()) return;
      queued += bytes.size();
      queue.push_back({due, std::move(bytes)});
    }
  };

  bool take(Way& way, const Weather& weather, bool is_holding, Clock::time_point now) {
    std::array<char, kMaxQueuedBytes> buffer{};
    const ssize_t length = ::recv(way.from, buffer.data(), buffer.size(), 0);
    if (length < 0 && errno == EAGAIN) return true;
    if (weather.flow == Weather::Flow::drop) is_dead_ = true;
    way.has_ended = length <= 0;
    if (is_dead_) return true;
    if (length < 0) {
      reset();
      return false;
    }
    way.held.append(buffer.data(), static_cast<std::size_t>(length));
    while (is_holding && !way.held.empty()) {
      const std::size_t end = find_message_end(way.held);
      if (end == std::string::npos) break;
      way.put(way.held.substr(0, end), now + weather.delay);
      way.held.erase(0, end);
    }
    const bool is_response = &way == &down_;
    if (!is_holding || (way.has_ended && is_response))
      way.put(std::exchange(way.held, {}), now + weather.delay);
    return true;
  }

  bool give(Way& way, const Weather& weather, Clock::time_point now) {
    const double seconds = std::chrono::duration<double>(now - way.allowance_at).count();
    const auto rate = static_cast<double>(weather.bytes_per_second);
    way.allowance = std::min(way.allowance + seconds * rate, rate);
    way.allowance_at = now;
    while (!way.queue.empty() && way.queue.front().due <= now) {
      std::string& bytes = way.queue.front().bytes;
      std::size_t most = bytes.size();
      if (rate > 0) most = std::min(most, static_cast<std::size_t>(way.allowance));
      if (most == 0) return true;
      const ssize_t sent = ::send(way.to, bytes.data(), most, MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return true;
      if (sent < 0) {
        reset();
        return false;
      }
      way.queued -= static_cast<std::size_t>(sent);
      way.allowance = std::max(way.allowance - static_cast<double>(sent), 0.0);
      bytes.erase(0, static_cast<std::size_t>(sent));
      if (bytes.empty()) way.queue.pop_front();
    }
    if (way.has_ended && way.queue.empty() && !way.is_shut) {
      ::shutdown(way.to, SHUT_WR);
      way.is_shut = true;
    }
    return true;
  }

  base::UniqueFd client_;
  base::UniqueFd server_;
  Way up_;
  Way down_;
  bool is_dead_ = false;
};

ChaosProxy::ChaosProxy(int server_port)
    : server_port_(server_port),
      listener_(listen_on_loopback()),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  thread_ = std::thread([this] { run(); });
}

ChaosProxy::~ChaosProxy() {
  {
    const std::lock_guard lock(mutex_);
    wants_end_ = true;
  }
  wake();
  thread_.join();
}

void ChaosProxy::set(const Weather& weather) {
  {
    const std::lock_guard lock(mutex_);
    weather_ = weather;
  }
  wake();
}

void ChaosProxy::reset_all() {
  {
    const std::lock_guard lock(mutex_);
    wants_reset_ = true;
  }
  wake();
}

void ChaosProxy::wake() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));
}

void ChaosProxy::accept_one() {
  base::UniqueFd client(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client.is_open()) return;
  ++seen_;
  base::UniqueFd server = connect_to_loopback(server_port_);
  if (!server.is_open()) {
    make_abortive(client.get());
    return;
  }
  set_up(client.get());
  set_up(server.get());
  connections_.push_back(std::make_unique<Connection>(std::move(client), std::move(server)));
}

void ChaosProxy::run() {
  std::vector<pollfd> polls;
  while (true) {
    Weather weather;
    {
      const std::lock_guard lock(mutex_);
      if (wants_end_) return;
      weather = weather_;
      if (std::exchange(wants_reset_, false)) {
        for (const auto& connection : connections_) connection->reset();
        connections_.clear();
      }
    }
    polls.assign({{wake_.get(), POLLIN, 0}, {listener_.socket.get(), POLLIN, 0}});
    bool waits_for_time = false;
    for (const auto& connection : connections_) {
      connection->add_polls(polls, weather);
      waits_for_time |= connection->waits_for_time();
    }
    ::poll(polls.data(), polls.size(), waits_for_time ? kTickMs : -1);
    std::uint64_t ignored = 0;
    static_cast<void>(!::read(wake_.get(), &ignored, sizeof ignored));

    const Clock::time_point now = Clock::now();
    std::size_t at = 2;
    std::erase_if(connections_, [&](const std::unique_ptr<Connection>& connection) {
      const bool up_ready = polls[at++].revents != 0;
      const bool down_ready = polls[at++].revents != 0;
      return !connection->move(weather, up_ready, down_ready, now);
    });
    if ((polls[1].revents & POLLIN) != 0) accept_one();
  }
}

}  // namespace vela::test
