#include "core/follow/follower.hpp"

#include <chrono>
#include <random>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "core/base/assert.hpp"
#include "core/net/server_url.hpp"

namespace vela::follow {
namespace {

// When nobody reads any more what is shown, he has seen what he wanted (`tail … | head`).
constexpr int kExitNoReader = 0;
constexpr int kExitFailure = 1;

// The tasks end by themselves once they are told; more would be a fault of ours.
constexpr std::chrono::seconds kJoinLimit{5};
// A terminal that takes nothing (Ctrl-S) must not keep an interrupted program.
constexpr std::chrono::milliseconds kResetLimit{200};

std::function<double()> make_random() {
  return [engine = std::minstd_rand(std::random_device()())]() mutable {
    return std::generate_canonical<double, 20>(engine);
  };
}

// What an answer that is no stream of events says: {"error":"text"}, or where it points.
std::string text_of(const net::ClientReply& reply) {
  boost::system::error_code ec;
  const boost::json::value body = boost::json::parse(reply.body, ec);
  if (!ec && body.is_object()) {
    const boost::json::value* error = body.get_object().if_contains("error");
    if (error != nullptr && error->is_string()) return std::string(error->get_string());
  }
  if (const auto location = reply.find_header("Location"))
    return "it is found at " + std::string(*location);
  return {};
}

}  // namespace

Follower::Follower(boost::asio::any_io_executor executor, std::string server,
                   net::BearerToken token, ReaderSettings reader, RenderSettings render,
                   async::OutputWriter& out, async::OutputWriter& err)
    : server_(std::move(server)),
      token_(std::move(token)),
      is_raw_(reader.raw),
      out_(out),
      err_(err),
      renderer_(render, screen_),
      machine_(std::move(reader), make_random(), *this),
      screen_changed_(executor),
      time_changed_(executor),
      retry_(executor),
      tasks_(executor),
      client_(executor) {}

async::Awaitable<int> Follower::run() {
  tasks_.spawn("screen", show());
  tasks_.spawn("clock", keep_time());
  int exit_code = co_await read();

  renderer_.finish(base::wall_now());
  is_closing_ = true;
  commit();
  time_changed_.notify_all();
  // What is shown may wait long for a slow terminal; interrupt() ends that.
  while (tasks_.size() != 0 && !is_over()) co_await tasks_.join(kJoinLimit);
  if (is_over()) {
    exit_code = *forced_exit_;
    tasks_.cancel();
    static_cast<void>(co_await tasks_.join(kJoinLimit));
    tasks_.spawn("colors", reset_colors());
    static_cast<void>(co_await tasks_.join(kResetLimit));
    tasks_.cancel();
  }
  const bool has_ended = co_await tasks_.join(kJoinLimit);
  VELA_ASSERT(has_ended);
  co_return exit_code;
}

// The shell that follows an interrupted tail is not to be in the log's colours, nor behind what
// stood after the cursor.
async::Awaitable<void> Follower::reset_colors() {
  if (!out_.is_terminal() || is_raw_) co_return;
  static_cast<void>(co_await out_.write("\x1b[0m\x1b[K"));
}

void Follower::interrupt(int exit_code) {
  if (is_over()) return;
  forced_exit_ = exit_code;
  client_.cancel(*this);
  retry_.notify_all();
  time_changed_.notify_all();
  screen_changed_.notify_all();
  if (is_closing_) tasks_.cancel();
}

async::Awaitable<int> Follower::read() {
  while (!is_over()) {
    auto action = machine_.next(base::steady_now());
    if (const auto* finish = std::get_if<ReaderMachine::Finish>(&action))
      co_return finish->exit_code;
    commit();
    if (const auto* pause = std::get_if<ReaderMachine::Pause>(&action)) {
      co_await retry_.wait_until(pause->until);
      continue;
    }
    ReaderMachine::Connect connect = std::move(std::get<ReaderMachine::Connect>(action));
    co_await transfer(std::move(connect));
  }
  co_return *forced_exit_;
}

async::Awaitable<void> Follower::transfer(ReaderMachine::Connect connect) {
  net::ClientRequest request;
  request.method = "GET";
  request.url = net::url_at(server_, connect.target);
  request.headers = std::move(connect.headers);
  token_.reload();  // it may have been renewed since the last connection
  token_.add_to(request);
  decoder_ = is_raw_ ? make_frames_decoder() : make_event_stream_decoder();
  time_changed_.notify_all();

  const auto reply = co_await client_.perform(std::move(request), this);
  ReaderMachine::TransferEnd end;
  if (reply) {
    end.status = reply->status;
    end.text = text_of(*reply);
  } else {
    end.text = reply.error().text();
  }
  is_paused_ = false;
  machine_.set_paused(false, base::steady_now());
  machine_.on_transfer_end(end, base::steady_now());
}

bool Follower::on_head(const net::ClientReply& head) {
  const std::string_view type = head.find_header("Content-Type").value_or("");
  return machine_.on_head(head.status, type, base::steady_now());
}

bool Follower::has_room_for_download() {
  if (!screen_.is_full()) return true;
  is_paused_ = true;
  machine_.set_paused(true, base::steady_now());
  return false;
}

bool Follower::on_download(std::string_view bytes) {
  machine_.on_bytes(base::steady_now());
  const auto decoded = decoder_->put(bytes, *this);
  if (!decoded) machine_.on_fault(decoded.error().text());
  commit();
  return machine_.wants_transfer() && !is_over();
}

void Follower::on_log(const logs::LogId& log, const std::string& label,
                      std::optional<base::WallTime> started) {
  renderer_.name_log(log, label, started);
}

void Follower::on_output(const Output& output) {
  renderer_.put(output, base::steady_now(), base::wall_now());
}

void Follower::on_state(const StateChange& change) {
  renderer_.note_state(change, base::steady_now());
}

void Follower::on_log_end(const logs::LogId& log) { renderer_.end_log(log, base::wall_now()); }

// Lets the screen see what was put, and the clock what it has to wait for.
void Follower::commit() {
  screen_.commit();
  if (!screen_.is_empty() || is_closing_) screen_changed_.notify_all();
  if (const auto next = due(); next && *next < timer_until_) time_changed_.notify_all();
}

void Follower::go_on_reading() {
  if (!is_paused_ || !screen_.has_room()) return;
  is_paused_ = false;
  machine_.set_paused(false, base::steady_now());
  client_.resume(*this);
}

async::Awaitable<void> Follower::show() {
  while (!is_over()) {
    const std::optional<Screen::Piece> piece = screen_.next();
    if (!piece) {
      if (is_closing_) co_return;
      co_await screen_changed_.wait();
      continue;
    }
    if (!co_await write(*piece)) co_return;
    screen_.free(*piece);
    go_on_reading();
  }
}

// False when nothing more can be shown.
async::Awaitable<bool> Follower::write(const Screen::Piece& piece) {
  if (piece.to == logs::Stream::err) {
    // Nobody to talk to is no reason to end.
    static_cast<void>(co_await err_.write(piece.bytes));
    co_return true;
  }
  const auto written = co_await out_.write(piece.bytes);
  if (written) co_return true;
  if (written.error().code() == ErrorCode::canceled) co_return false;
  if (written.error().code() == ErrorCode::closed) {
    interrupt(kExitNoReader);
    co_return false;
  }
  const std::string text = failure_notice(written.error().text()).text + "\n";
  static_cast<void>(co_await err_.write(text));
  interrupt(kExitFailure);
  co_return false;
}

async::Awaitable<void> Follower::keep_time() {
  while (!is_over() && !is_closing_) {
    const base::SteadyTime now = base::steady_now();
    const std::optional<base::SteadyTime> next = due();
    if (next && *next <= now) {
      machine_.on_time(now);
      renderer_.on_time(now, base::wall_now());
      commit();
      if (!machine_.wants_transfer()) {
        client_.cancel(*this);
        retry_.notify_all();
      }
      continue;
    }
    timer_until_ = next.value_or(base::SteadyTime::max());
    co_await time_changed_.wait_until(timer_until_);
    timer_until_ = base::SteadyTime::max();
  }
}

std::optional<base::SteadyTime> Follower::due() const {
  const auto of_machine = machine_.due();
  const auto of_renderer = renderer_.due(base::steady_now());
  if (!of_machine || (of_renderer && *of_renderer < *of_machine)) return of_renderer;
  return of_machine;
}

}  // namespace vela::follow
