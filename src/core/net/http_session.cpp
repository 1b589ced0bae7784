#include "core/net/http_session.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "core/base/assert.hpp"
#include "core/base/clock.hpp"
#include "core/base/logging.hpp"
#include "core/net/counted_channel.hpp"

namespace vela::net {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Kind = Framing::Kind;
using Status = Connection::ReadStatus;

// A head with a small body fits in one read; of a large one little is read too early and copied.
constexpr std::size_t kHeadReadBytes = 8 * 1024;
constexpr std::size_t kBodyReadBytes = ReadBuffer::kBytes;

// Reading this much of an unwanted body is cheaper for both sides than a new connection.
constexpr std::uint64_t kDrainBytes = 64 * 1024;
constexpr milliseconds kDrainLimit{5'000};

// For a peer that still sends while it gets a last answer; it has seen the end of our side.
constexpr milliseconds kLingerLimit{2'000};

// As the contract of Exchange::write says.
constexpr milliseconds kSendLimit{60'000};

asio::const_buffer to_buffer(std::string_view text) { return {text.data(), text.size()}; }

// Counts what is being sent, on every way out.
class Sending {
 public:
  Sending(ServerCounts& counts, const Connection::Pieces& pieces) : counts_(counts) {
    for (const asio::const_buffer& piece : pieces) bytes_ += piece.size();
    counts_.sending_bytes += bytes_;
    counts_.sent_bytes += bytes_;
  }
  ~Sending() { counts_.sending_bytes -= bytes_; }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  ServerCounts& counts_;
  std::size_t bytes_ = 0;
};

milliseconds until_now(base::SteadyTime until) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(until - base::steady_now()));
}

}  // namespace

HttpSession::HttpSession(const asio::any_io_executor& executor, base::UniqueFd fd, std::string peer,
                         ServerContext& context)
    : executor_(executor),
      context_(context),
      peer_(std::move(peer)),
      connection_(executor, std::move(fd), context.buffer) {}

void HttpSession::log_failure(const std::exception& error) const {
  spdlog::error("{} {} from {} failed: {}", request().method, request().path, peer_, error.what());
}

void HttpSession::close_if_idle() {
  if (is_idle_) connection_.cancel();
}

void HttpSession::close() {
  connection_.close();
  if (web_socket_) web_socket_->abort();
}

async::Awaitable<void> HttpSession::run() {
  while (true) {
    const bool has_next = co_await serve_one();
    if (!has_next) break;
    has_answered_ = true;
    parser_.reset();
  }
  const bool is_answer_whole = answer_ == Answer::whole;
  const bool has_unread_input = !connection_.kept().empty() || (parser_ && !parser_->is_done());
  parser_.reset();
  if (is_answer_whole && has_unread_input && connection_.is_open()) {
    co_await connection_.linger(kLingerLimit);
  }
  connection_.close();
}

async::Awaitable<bool> HttpSession::serve_one() {
  answer_ = Answer::none;
  is_keep_alive_ = false;
  is_body_late_ = false;
  if (!co_await wait_for_request()) co_return false;
  parser_ = std::make_unique<RequestParser>(context_.limits.header_bytes);
  end_ = RequestEnd();
  const base::SteadyTime begun = base::steady_now();
  const bool has_next = co_await answer_one();
  tell_end(begun);
  co_return has_next;
}

async::Awaitable<bool> HttpSession::answer_one() {
  if (!co_await read_head()) co_return false;
  is_continue_due_ = parser_->expects_continue() && !parser_->is_done();
  parser_->set_body_limit(context_.limits.body_bytes);

  co_await call_handler();
  if (!connection_.is_open()) co_return false;
  if (answer_ == Answer::none) {
    RequestParser::Failure failure = failure_without_answer();
    co_await refuse(failure.status, std::move(failure.text));
    co_return false;
  }
  // An answer that was not finished is cut here, so that the peer sees that it is not whole.
  if (answer_ != Answer::whole || !is_keep_alive_) co_return false;
  if (!parser_->is_done()) co_await drain_body();
  co_return parser_->is_done() && !context_.is_stopping;
}

void HttpSession::tell_end(base::SteadyTime begun) {
  const bool has_head = parser_->is_head_done();
  if (!has_head && end_.status == 0) return;  // nothing came, or nothing whole
  end_.request = has_head ? &request() : nullptr;
  end_.peer = peer_;
  end_.received_bytes += parser_->body_bytes();
  end_.took = base::time_since(begun);
  context_.handler.on_end(end_);
}

async::Awaitable<Result<void>> HttpSession::send(Connection::Pieces pieces) {
  const Sending sending(context_.counts, pieces);
  end_.sent_bytes += sending.bytes();
  auto sent = co_await connection_.send(pieces, kSendLimit);
  if (!sent) connection_.close();
  co_return sent;
}

RequestParser::Failure HttpSession::failure_without_answer() const {
  RequestParser::Failure failure = parser_->failure();
  if (failure.status != 0) return failure;
  if (is_body_late_) return {408, "the body of the request did not come in time"};
  return {500, "internal error"};
}

async::Awaitable<void> HttpSession::call_handler() {
  try {
    co_await context_.handler.serve(*this);
  } catch (const boost::system::system_error& error) {
    // After close() the handler's awaits throw this; that is no failure.
    const bool is_ended = !connection_.is_open() && error.code() == asio::error::operation_aborted;
    if (!is_ended) log_failure(error);
  } catch (const std::exception& error) {
    log_failure(error);
  }
}

async::Awaitable<bool> HttpSession::wait_for_request() {
  if (has_unparsed_) co_return true;  // pipelined
  // Whoever has just connected is about to ask, and would take a closed connection for a server
  // that is ill.
  if (context_.is_stopping && has_answered_) co_return false;
  is_idle_ = has_answered_;
  const auto waited = co_await connection_.wait_input(context_.limits.idle_time);
  is_idle_ = false;
  co_return waited.has_value();
}

async::Awaitable<bool> HttpSession::read_head() {
  const base::SteadyTime until = base::steady_now() + context_.limits.header_time;
  for (;;) {
    const Status status = take_input(nullptr, kHeadReadBytes);
    if (parser_->failure().status != 0) {
      RequestParser::Failure failure = parser_->failure();
      co_await refuse(failure.status, std::move(failure.text));
      co_return false;
    }
    if (parser_->is_head_done()) co_return true;
    if (status == Status::closed) co_return false;
    if (status == Status::bytes && has_unparsed_) continue;
    const auto waited = co_await connection_.wait_input(until_now(until));
    if (waited) continue;
    if (waited.error().code() == ErrorCode::timeout) {
      std::string text = "the head of the request did not come in time";
      co_await refuse(408, std::move(text));
    }
    co_return false;
  }
}

Status HttpSession::take_input(BodySink* sink, std::size_t most) {
  if (has_unparsed_) {
    has_unparsed_ = false;
    connection_.drop_kept(parse(connection_.kept(), sink));
    return Status::bytes;
  }
  const std::size_t kept = connection_.kept().size();
  const Connection::Read read = connection_.read(most);
  if (read.status == Status::bytes) context_.counts.received_bytes += read.bytes.size() - kept;
  if (read.status == Status::bytes) connection_.keep(read.bytes.substr(parse(read.bytes, sink)));
  return read.status;
}

std::size_t HttpSession::parse(std::string_view bytes, BodySink* sink) {
  const bool was_head_done = parser_->is_head_done();
  const std::size_t taken = parser_->put(bytes, sink);
  const bool is_next_part = parser_->is_head_done() != was_head_done || parser_->is_done();
  has_unparsed_ = is_next_part && taken < bytes.size();
  return taken;
}

async::Awaitable<Result<BodyState>> HttpSession::read_body(BodySink& sink, milliseconds limit) {
  const base::SteadyTime until = base::steady_now() + limit;
  const std::uint64_t before = parser_->body_bytes();
  parser_->check_body_length();
  for (;;) {
    if (parser_->failure().status != 0) {
      co_return Error(ErrorCode::invalid, parser_->failure().text);
    }
    if (parser_->is_done()) co_return BodyState::ended;
    if (parser_->body_bytes() != before) co_return BodyState::more;
    if (is_continue_due_) {
      is_continue_due_ = false;
      const Connection::Pieces pieces{to_buffer("HTTP/1.1 100 Continue\r\n\r\n")};
      const auto sent = co_await send(pieces);
      if (!sent) co_return sent.error();
    }
    if (!has_unparsed_ && !connection_.has_likely_input()) {
      const auto waited = co_await connection_.wait_input(until_now(until));
      if (!waited) {
        is_body_late_ = waited.error().code() == ErrorCode::timeout;
        co_return waited.error();
      }
    }
    if (take_input(&sink, kBodyReadBytes) == Status::closed) {
      connection_.close();
      co_return Error(ErrorCode::closed, "the connection ended before the body did");
    }
  }
}

void HttpSession::discard_available_body() {
  if (is_continue_due_) return;  // nothing was asked for, nothing comes
  const std::uint64_t before = parser_->body_bytes();
  while (parser_->failure().status == 0 && !parser_->is_done() &&
         parser_->body_bytes() - before < kDrainBytes) {
    if (take_input(nullptr, kBodyReadBytes) != Status::bytes) return;
  }
}

void HttpSession::decide_keep_alive() {
  if (!parser_->is_head_done() || parser_->failure().status != 0) return;
  if (!parser_->is_done()) discard_available_body();
  const auto& length = request().content_length;
  const bool is_rest_short = length && *length - parser_->body_bytes() <= kDrainBytes;
  is_keep_alive_ = parser_->failure().status == 0 && parser_->is_keep_alive() &&
                   !context_.is_stopping && !is_continue_due_ &&
                   (parser_->is_done() || is_rest_short);
}

async::Awaitable<void> HttpSession::drain_body() {
  class Discard final : public BodySink {
    void on_body(std::string_view) override {}
  } discard;
  const base::SteadyTime until = base::steady_now() + kDrainLimit;
  for (;;) {
    const auto state = co_await read_body(discard, until_now(until));
    if (!state || *state == BodyState::ended) co_return;
  }
}

ConnectionHeader HttpSession::connection_header() const {
  if (!is_keep_alive_) return ConnectionHeader::close;
  return parser_->is_http_1_0() ? ConnectionHeader::keep_alive : ConnectionHeader::none;
}

async::Awaitable<void> HttpSession::refuse(int status, std::string text) {
  Response response = error_response(status, text);
  is_keep_alive_ = false;
  answer_ = Answer::whole;
  std::string head;
  put_response_head(head, response.status, response.headers,
                    Framing::of_length(response.body.size()), ConnectionHeader::close);
  if (parser_->is_head_done() && is_head_request()) response.body.clear();
  end_.status = status;
  const Connection::Pieces pieces{to_buffer(head), to_buffer(response.body)};
  static_cast<void>(co_await send(pieces));
}

async::Awaitable<Result<void>> HttpSession::respond(Response response) {
  VELA_ASSERT(answer_ == Answer::none);
  answer_ = Answer::whole;
  decide_keep_alive();
  const bool is_bare = response.status == 204 || response.status == 304;
  std::string head;
  put_response_head(
      head, response.status, response.headers,
      is_bare ? Framing::of_kind(Kind::none) : Framing::of_length(response.body.size()),
      connection_header());
  if (is_bare || is_head_request()) response.body.clear();
  const Connection::Pieces pieces{to_buffer(head), to_buffer(response.body)};
  end_.status = response.status;
  co_return co_await send(pieces);
}

async::Awaitable<Result<void>> HttpSession::begin(int status, Headers headers) {
  VELA_ASSERT(answer_ == Answer::none);
  answer_ = Answer::begun;
  decide_keep_alive();
  framing_ = parser_->is_http_1_0() ? Kind::until_close : Kind::chunked;
  if (framing_ == Kind::until_close) is_keep_alive_ = false;
  if (status == 204 || status == 304) framing_ = Kind::none;
  std::string head;
  put_response_head(head, status, headers, Framing::of_kind(framing_), connection_header());
  if (is_head_request()) framing_ = Kind::none;
  const Connection::Pieces pieces{to_buffer(head)};
  end_.status = status;
  co_return co_await send(pieces);
}

async::Awaitable<Result<void>> HttpSession::write(std::string_view bytes) {
  VELA_ASSERT(answer_ == Answer::begun);
  // An empty chunk would end the answer.
  if (bytes.empty() || framing_ == Kind::none) co_return Result<void>();
  std::array<char, 24> size{};
  Connection::Pieces pieces{asio::const_buffer(), to_buffer(bytes)};
  if (framing_ == Kind::chunked) {
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
    pieces[0] = asio::const_buffer(size.data(), static_cast<std::size_t>(digits));
    pieces[2] = to_buffer("\r\n");
  }
  co_return co_await send(pieces);
}

async::Awaitable<Result<void>> HttpSession::finish() {
  VELA_ASSERT(answer_ == Answer::begun);
  answer_ = Answer::whole;
  if (framing_ != Kind::chunked) co_return Result<void>();
  const Connection::Pieces pieces{to_buffer("0\r\n\r\n")};
  co_return co_await send(pieces);
}

async::Awaitable<WebSocket*> HttpSession::upgrade(std::string_view subprotocol) {
  VELA_ASSERT(answer_ == Answer::none);
  answer_ = Answer::whole;
  std::string first(connection_.kept());
  base::UniqueFd fd = connection_.take_socket();
  if (!fd.is_open()) co_return nullptr;
  context_.counts.received_bytes -= first.size();  // the channel counts them
  auto channel = count_channel(make_socket_channel(executor_, std::move(fd), std::move(first)),
                               context_.counts, end_);
  web_socket_ = std::make_unique<WebSocket>(std::move(channel));
  const auto accepted = co_await web_socket_->accept(request(), subprotocol, kSendLimit);
  if (accepted) end_.status = 101;
  co_return accepted ? web_socket_.get() : nullptr;
}

}  // namespace vela::net
