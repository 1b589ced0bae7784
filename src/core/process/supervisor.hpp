#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

// What a service and its manager (systemd, or any other that speaks its protocol) say to each
// other: sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3), whose forms are declared stable.
namespace vela::process {

using FindEnv = std::function<const char*(const char* name)>;

// A listening socket that was opened before this process began.
struct PassedSocket {
  int fd = -1;
  std::string name;  // of LISTEN_FDNAMES: the socket unit's, mostly; "" when there is none
};

// Those that LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES pass to process `pid`; none when they are
// meant for another one. Errors: invalid, when the variables contradict themselves.
[[nodiscard]] Result<std::vector<PassedSocket>> find_passed_sockets(const FindEnv& find_env,
                                                                    pid_t pid);

// Tells the manager how the service is. Without NOTIFY_SOCKET nobody is told, and each call costs
// nothing.
//
// Blocking: at most 1 s, when the manager does not take its messages.
// Errors:   a message that can't be sent is logged once; the service goes on.
class Supervisor {
 public:
  // Of process `pid`: a watchdog may be meant for another one. Variables that can't be understood
  // are logged and count for nothing.
  Supervisor(const FindEnv& find_env, pid_t pid);

  [[nodiscard]] bool is_there() const { return !socket_.empty(); }
  // How often a sign of life is expected; nothing when none is.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  // `status` is for people: `systemctl status` shows it.
  void say_ready(std::string_view status);
  // The configuration is read again; say_ready() must follow.
  void say_reloading();
  // The end has begun and takes `at_most`: a manager that would lose patience sooner waits so long.
  void say_stopping(std::string_view status, std::chrono::microseconds at_most);
  // Assignments, one a line: "WATCHDOG=1".
  void say(std::string_view assignments);

 private:
  [[nodiscard]] Result<void> send(std::string_view message) const;

  std::string socket_;  // as NOTIFY_SOCKET has it: "/path" or "@abstract"; "" for none
  std::optional<std::chrono::microseconds> watchdog_;
  bool has_failed_ = false;
};

// `status` as an assignment that a status of several lines can't break.
[[nodiscard]] std::string status_assignment(std::string_view status);

}  // namespace vela::process
