#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/notifier.hpp"
#include "core/async/output_writer.hpp"
#include "core/async/task_group.hpp"
#include "core/follow/event_decoder.hpp"
#include "core/follow/reader_machine.hpp"
#include "core/follow/renderer.hpp"
#include "core/follow/screen.hpp"
#include "core/net/bearer_token.hpp"
#include "core/net/http_client.hpp"

namespace vela::follow {

// Follows a log or a build until it is done: carries out what a ReaderMachine decides, and shows
// what a Renderer makes of it.
//
// The network is read only while the screen's buffer has room: a slow terminal slows the server's
// sending, never anything else.
//
// Executor: everything on the thread of `executor`.
// Lifetime: run() must have returned before it goes.
class Follower final : private net::TransferHooks, private EventSink, private ReaderView {
 public:
  // `server`: "http://127.0.0.1:8080", without a slash at its end.
  Follower(boost::asio::any_io_executor executor, std::string server, net::BearerToken token,
           ReaderSettings reader, RenderSettings render, async::OutputWriter& out,
           async::OutputWriter& err);

  // The exit code, once everything was written that can be.
  [[nodiscard]] async::Awaitable<int> run();

  // Ends run() soon, whatever it does; it then returns `exit_code`.
  void interrupt(int exit_code);

 private:
  // net::TransferHooks
  bool on_head(const net::ClientReply& head) override;
  bool has_room_for_download() override;
  bool on_download(std::string_view bytes) override;
  // EventSink: what the decoder found
  void on_event(const FollowEvent& event) override { machine_.on_event(event); }
  // ReaderView: what the machine made of it
  void on_log(const logs::LogId& log, const std::string& label,
              std::optional<base::WallTime> started) override;
  void on_output(const Output& output) override;
  void on_state(const StateChange& change) override;
  void on_log_end(const logs::LogId& log) override;
  void on_notice(const Notice& notice) override { renderer_.say(notice); }

  [[nodiscard]] async::Awaitable<int> read();
  [[nodiscard]] async::Awaitable<void> transfer(ReaderMachine::Connect connect);
  [[nodiscard]] async::Awaitable<void> show();
  [[nodiscard]] async::Awaitable<bool> write(const Screen::Piece& piece);
  [[nodiscard]] async::Awaitable<void> keep_time();
  [[nodiscard]] async::Awaitable<void> reset_colors();

  void commit();
  void go_on_reading();
  [[nodiscard]] bool is_over() const { return forced_exit_.has_value(); }
  [[nodiscard]] std::optional<base::SteadyTime> due() const;

  const std::string server_;
  net::BearerToken token_;
  const bool is_raw_;
  async::OutputWriter& out_;
  async::OutputWriter& err_;

  Screen screen_;
  Renderer renderer_;
  ReaderMachine machine_;
  std::unique_ptr<EventDecoder> decoder_;  // of the transfer that runs
  bool is_paused_ = false;                 // the screen is full: the transfer waits
  bool is_closing_ = false;                // nothing more comes for the screen
  std::optional<int> forced_exit_;         // interrupted, or nobody reads what is shown

  async::Notifier screen_changed_;
  async::Notifier time_changed_;
  async::Notifier retry_;
  base::SteadyTime timer_until_ = base::SteadyTime::max();  // what keep_time() waits for
  async::TaskGroup tasks_;
  net::HttpClient client_;
};

}  // namespace vela::follow
