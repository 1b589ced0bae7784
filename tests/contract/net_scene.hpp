#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/net/http_server.hpp"
#include "support/await.hpp"

namespace vela::test {

// Runs `loop` until `is_met` says so. Throws at kWaitCap.
inline void pump(boost::asio::io_context& loop, const std::function<bool()>& is_met) {
  const auto until = std::chrono::steady_clock::now() + kWaitCap;
  loop.restart();
  while (!is_met()) {
    if (loop.run_one_until(until) == 0)
      throw std::runtime_error("what was waited for did not come");
  }
}

// Pieces of a body as they were handed over.
class PieceSink final : public net::BodySink {
 public:
  void on_body(std::string_view bytes) override {
    pieces.emplace_back(bytes);
    all += bytes;
  }
  std::vector<std::string> pieces;
  std::string all;
};

// Answers by path; a test adds what it needs.
class PathHandler final : public net::HttpHandler {
 public:
  using Answer = std::function<async::Awaitable<void>(net::Exchange&)>;

  async::Awaitable<void> serve(net::Exchange& exchange) override {
    ++requests;
    const auto found = answers.find(exchange.request().path);
    if (found == answers.end()) {
      net::Response response = net::error_response(404, "no such path");
      const auto sent = co_await exchange.respond(std::move(response));
      static_cast<void>(sent);
    } else {
      co_await found->second(exchange);
    }
  }

  std::map<std::string, Answer> answers;
  int requests = 0;
};

// A server on a free port of 127.0.0.1 whose loop the test drives.
class ServerScene {
 public:
  explicit ServerScene(net::ServerLimits limits = net::ServerLimits())
      : server(loop.get_executor(), limits, handler), tasks(loop.get_executor()) {
    const auto listening = server.listen("127.0.0.1:0");
    if (!listening) throw std::runtime_error(listening.error().text());
    url = *listening;
    tasks.spawn("server", server.run());
  }
  ~ServerScene() {
    server.close_all();
    pump(loop, [this] { return tasks.size() == 0; });
  }

  void pump_until(const std::function<bool()>& is_met) { pump(loop, is_met); }
  boost::asio::ip::tcp::endpoint endpoint() const {
    const auto port = std::stoi(url.substr(url.rfind(':') + 1));
    return {boost::asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)};
  }

  boost::asio::io_context loop;
  // What handlers wait for; it outlives them.
  async::Notifier notifier{loop.get_executor()};
  PathHandler handler;
  net::HttpServer server;
  async::TaskGroup tasks;
  std::string url;
};

// A peer that sends what it is told, byte by byte, and keeps all that comes back.
template <class Protocol>
class RawPeer {
 public:
  RawPeer(boost::asio::io_context& loop, const typename Protocol::endpoint& endpoint)
      : loop_(loop), socket_(loop) {
    socket_.connect(endpoint);
    socket_.non_blocking(true);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      boost::system::error_code ec;
      bytes.remove_prefix(socket_.write_some(boost::asio::buffer(bytes.data(), bytes.size()), ec));
      if (ec == boost::asio::error::would_block) {
        wait(Protocol::socket::wait_write);
      } else if (ec) {
        throw boost::system::system_error(ec);
      }
    }
  }

  // All that came so far, at least up to and with `end`.
  const std::string& read_until(std::string_view end) {
    while (received.find(end) == received.npos) {
      if (!read_more()) throw std::runtime_error("the server ended too early: " + received);
    }
    return received;
  }

  // All that came so far, at least `size` bytes.
  const std::string& read_size(std::size_t size) {
    while (received.size() < size) {
      if (!read_more()) throw std::runtime_error("the server ended too early");
    }
    return received;
  }

  // All that came until the server ended the connection.
  const std::string& read_to_end() {
    while (read_more()) {
    }
    return received;
  }

  void end_sending() { socket_.shutdown(Protocol::socket::shutdown_send); }
  void close() { socket_.close(); }

  std::string received;

 private:
  bool read_more() {
    for (;;) {
      std::array<char, 65536> room{};
      boost::system::error_code ec;
      const std::size_t count = socket_.read_some(boost::asio::buffer(room), ec);
      received.append(room.data(), count);
      if (!ec) return true;
      if (ec != boost::asio::error::would_block) return false;
      wait(Protocol::socket::wait_read);
    }
  }

  void wait(boost::asio::socket_base::wait_type type) {
    bool is_ready = false;
    socket_.async_wait(type, [&](const boost::system::error_code&) { is_ready = true; });
    pump(loop_, [&] { return is_ready; });
  }

  boost::asio::io_context& loop_;
  typename Protocol::socket socket_;
};

using TcpPeer = RawPeer<boost::asio::ip::tcp>;
using UnixPeer = RawPeer<boost::asio::local::stream_protocol>;

// Reads the body to its end and answers 200 with it; what read_body() said otherwise goes to `end`.
inline async::Awaitable<void> answer_echo(net::Exchange& exchange, PieceSink& sink,
                                          std::optional<Error>& end) {
  for (;;) {
    const auto state = co_await exchange.read_body(sink, std::chrono::seconds(10));
    if (!state) {
      end = state.error();
      co_return;
    }
    if (*state == net::BodyState::ended) break;
  }
  net::Response response;
  response.body = sink.all;
  const auto sent = co_await exchange.respond(std::move(response));
  static_cast<void>(sent);
}

}  // namespace vela::test
