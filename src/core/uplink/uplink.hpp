#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "core/async/awaitable.hpp"
#include "core/async/deadline.hpp"
#include "core/async/notifier.hpp"
#include "core/async/task_group.hpp"
#include "core/net/http_client.hpp"
#include "core/uplink/append_writer.hpp"
#include "core/uplink/delivery_machine.hpp"
#include "core/uplink/probe_writer.hpp"
#include "core/uplink/requests.hpp"
#include "core/uplink/stream_writer.hpp"
#include "core/uplink/websocket_writer.hpp"

namespace vela::uplink {

// Told on the uplink's thread.
class UplinkListener {
 public:
  virtual ~UplinkListener() = default;
  // Somebody canceled the step on the server; at most once.
  virtual void on_canceled() = 0;
  // Delivery is over, well or not; once, when run() ends.
  virtual void on_over() = 0;
};

// Carries one log from this process to the server: executes what the DeliveryMachine decides.
//
// Executor: everything on the thread of `executor`.
// Errors:   none come out of it while it runs: outcome() says what became of the log.
// Lifetime: run() must have returned before it goes.
class Uplink {
 public:
  // `held`: where the bytes are kept; a leftover's are there already.
  Uplink(boost::asio::any_io_executor executor, Target target, DeliveryOptions options,
         HeldLog held, UplinkListener& listener);
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;

  // Until the log is sealed, or given up and ended. Then the spool's file is removed, or set aside
  // when the log was refused for good, or left for a later run.
  [[nodiscard]] async::Awaitable<void> run();

  // Takes the bytes; never waits and never refuses.
  void push(std::string_view bytes, base::WallTime time, logs::Stream stream);
  // Whether to read more.
  [[nodiscard]] bool has_room() const { return !machine_.is_full(); }
  [[nodiscard]] async::Awaitable<void> wait_for_room();
  // Gives sending the first go while much waits, as CatchUp says.
  [[nodiscard]] async::Awaitable<void> catch_up();

  // No bytes follow.
  void end(Ending ending);
  // The time is up: run() ends as soon as the output has ended.
  void give_up(std::string_view why);
  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] Outcome outcome() const { return machine_.outcome(); }
  // What the server has not acknowledged as durable.
  [[nodiscard]] logs::ByteCount bytes_left() const;
  // Where those end.
  [[nodiscard]] logs::Offset held_end() const { return machine_.spool().end(); }
  // Where the bytes are that are not delivered; empty when they are nowhere.
  [[nodiscard]] std::string spool_path() const { return machine_.spool().path(); }

 private:
  class RunScope;

  [[nodiscard]] async::Awaitable<void> act(Action action);
  [[nodiscard]] async::Awaitable<Reply> send(Send send);
  void take_reply(Reply reply);
  [[nodiscard]] async::Awaitable<void> probe_path(Probe probe);
  void after_event();
  void settle_spool();
  void warn_away();
  void warn_full();

  Target target_;  // only its token and the round trip change
  const bool is_leftover_;
  UplinkListener& listener_;
  net::HttpClient client_;
  DeliveryMachine machine_;
  AppendWriter append_writer_;
  StreamWriter stream_writer_;
  WebsocketWriter websocket_writer_;
  ProbeWriter probe_writer_;
  async::Notifier wake_;  // run(): the machine may decide otherwise now
  async::Notifier room_;  // wait_for_room()
  async::Deadline away_;
  async::Deadline full_;
  bool has_told_canceled_ = false;
  bool has_warned_full_ = false;
  bool is_over_ = false;
  async::TaskGroup tasks_;  // at most a probe
};

}  // namespace vela::uplink
