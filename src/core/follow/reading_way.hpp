#pragma once

#include <chrono>

#include "core/base/clock.hpp"

namespace vela::follow {

// Decides which way a server is read: down one answer that stays open, or by long polls where
// something on the way holds open answers back. Does no I/O.
//
// An open answer that does not begin in time proves nothing: the server may be away. So a poll that
// does not wait is sent at once. Only when that is answered promptly it is the path that is at
// fault, and polls are sent for a while before an open answer is tried again.
class ReadingWay {
 public:
  enum class Kind {
    events,   // one answer that stays open
    inquiry,  // a poll that is answered at once, whether there is something or not
    poll,     // a poll that waits at the server until there is something
  };

  // The next transfer begins.
  Kind begin(base::SteadyTime now);
  // Of the transfer that runs, or ran last.
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_open_answer() const { return kind_ == Kind::events; }
  // How long a poll waits at the server.
  [[nodiscard]] std::chrono::seconds poll_wait() const { return poll_wait_; }

  // A part of the answer came.
  void on_head(base::SteadyTime now);
  void on_bytes(base::SteadyTime now);
  // The hello came whole. True when from now on polls are sent.
  [[nodiscard]] bool on_hello(base::SteadyTime now);
  // When the transfer is dead, unless something comes.
  [[nodiscard]] base::SteadyTime dead_at() const { return dead_at_; }
  // Nobody looked whether something came.
  void on_pause(base::SteadyTime now);

  // The open answer died or ended without a hello: true when another way is to be tried at once.
  [[nodiscard]] bool on_held_back();
  // A poll failed. True when that is because it waited longer than the path allows: ask again at
  // once, for a shorter wait.
  [[nodiscard]] bool on_poll_failed(base::SteadyTime now);
  // Not before this is the next poll to begin.
  [[nodiscard]] base::SteadyTime next_poll_at() const;
  // Whether the transfer was worth its connection, however it ended.
  [[nodiscard]] bool has_held(base::SteadyTime now) const;

 private:
  static constexpr std::chrono::seconds kLongestPoll{10};

  Kind kind_ = Kind::events;
  bool is_doubted_ = false;  // an open answer did not begin: the next transfer asks why
  base::SteadyTime polls_until_ = base::SteadyTime::min();
  std::chrono::seconds poll_wait_ = kLongestPoll;
  base::SteadyTime begun_at_;
  base::SteadyTime dead_at_;
};

}  // namespace vela::follow
