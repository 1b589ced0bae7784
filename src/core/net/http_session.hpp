#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "core/async/awaitable.hpp"
#include "core/base/clock.hpp"
#include "core/net/connection.hpp"
#include "core/net/http_message.hpp"
#include "core/net/http_server.hpp"
#include "core/net/request_parser.hpp"
#include "core/net/web_socket.hpp"

namespace vela::net {

// What all sessions of a server share.
struct ServerContext {
  ServerContext(ServerLimits server_limits, HttpHandler& request_handler)
      : limits(server_limits), handler(request_handler) {}

  const ServerLimits limits;
  HttpHandler& handler;
  ReadBuffer buffer{};
  ServerCounts counts;
  bool is_stopping = false;  // answers say "Connection: close"
};

// One connection: reads heads, lets the handler answer, until either side has had enough. It is
// itself the Exchange that the handler sees.
class HttpSession final : public Exchange {
 public:
  HttpSession(const boost::asio::any_io_executor& executor, base::UniqueFd fd, std::string peer,
              ServerContext& context);

  // Returns when the connection has ended and is closed.
  [[nodiscard]] async::Awaitable<void> run();

  // Ends a session that waits for its next request; any other ends after its answer, its first one
  // included.
  void close_if_idle();
  void close();

  [[nodiscard]] const Request& request() const override { return parser_->request(); }
  [[nodiscard]] const std::string& peer() const override { return peer_; }
  void set_body_limit(std::uint64_t bytes) override { parser_->set_body_limit(bytes); }
  [[nodiscard]] async::Awaitable<Result<BodyState>> read_body(
      BodySink& sink, std::chrono::milliseconds limit) override;
  [[nodiscard]] async::Awaitable<Result<void>> respond(Response response) override;
  [[nodiscard]] async::Awaitable<Result<void>> begin(int status, Headers headers) override;
  [[nodiscard]] async::Awaitable<Result<void>> write(std::string_view bytes) override;
  [[nodiscard]] async::Awaitable<Result<void>> finish() override;
  void set_wake_bytes(int bytes) override { connection_.set_wake_bytes(bytes); }
  [[nodiscard]] async::Awaitable<WebSocket*> upgrade(std::string_view subprotocol) override;
  void set_mark(int mark) override { end_.mark = mark; }
  [[nodiscard]] bool is_peer_gone() override { return connection_.is_peer_gone(); }

 private:
  enum class Answer { none, begun, whole };

  // Of one request; false when the connection has had its last one.
  [[nodiscard]] async::Awaitable<bool> serve_one();
  [[nodiscard]] async::Awaitable<bool> answer_one();
  [[nodiscard]] async::Awaitable<bool> wait_for_request();
  [[nodiscard]] async::Awaitable<bool> read_head();
  [[nodiscard]] async::Awaitable<void> call_handler();
  [[nodiscard]] async::Awaitable<void> refuse(int status, std::string text);
  [[nodiscard]] async::Awaitable<void> drain_body();
  // Sends and counts.
  [[nodiscard]] async::Awaitable<Result<void>> send(Connection::Pieces pieces);
  // Tells the handler what became of the request that began at `begun`.
  void tell_end(base::SteadyTime begun);
  // What a request is refused with that the handler left without an answer.
  [[nodiscard]] RequestParser::Failure failure_without_answer() const;
  void log_failure(const std::exception& error) const;

  // Parses what is at hand, else reads once. Nothing is awaited between reading and parsing: the
  // buffer is everybody's.
  [[nodiscard]] Connection::ReadStatus take_input(BodySink* sink, std::size_t most);
  std::size_t parse(std::string_view bytes, BodySink* sink);
  void discard_available_body();
  void decide_keep_alive();
  [[nodiscard]] ConnectionHeader connection_header() const;
  [[nodiscard]] bool is_head_request() const { return request().method == "HEAD"; }

  // ---- constant
  const boost::asio::any_io_executor executor_;
  ServerContext& context_;
  const std::string peer_;
  // ---- of the connection
  Connection connection_;
  std::unique_ptr<WebSocket> web_socket_;  // what became of it, if it was upgraded
  bool has_answered_ = false;
  bool is_idle_ = false;  // waits for a request that is not its first
  // Kept bytes that the parser has not been given in its present state.
  bool has_unparsed_ = false;
  // ---- of the request; none while the connection is idle
  std::unique_ptr<RequestParser> parser_;
  Answer answer_ = Answer::none;
  Framing::Kind framing_ = Framing::Kind::none;
  bool is_keep_alive_ = false;
  bool is_continue_due_ = false;  // "100 Continue" has not been sent yet
  bool is_body_late_ = false;     // read_body() ran into its limit
  RequestEnd end_;                // as far as it is known
};

}  // namespace vela::net
