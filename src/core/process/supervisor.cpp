#include "core/process/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "core/base/logging.hpp"
#include "core/base/number.hpp"
#include "core/base/split.hpp"
#include "core/base/unique_fd.hpp"

namespace vela::process {
namespace {

// The first descriptor that is passed on: SD_LISTEN_FDS_START.
constexpr int kFirstPassed = 3;
// More than anybody passes; above it the number is a mistake.
constexpr std::uint64_t kMostPassed = 1024;
// A manager that is this slow is ill; the service must not become so too.
constexpr timeval kSendLimit{1, 0};

std::string env(const FindEnv& find_env, const char* name) {
  const char* value = find_env(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Whether the variable is absent or names `pid`.
bool is_meant_for(const std::string& text, pid_t pid) {
  return text.empty() || base::parse_number(text) == static_cast<std::uint64_t>(pid);
}

std::int64_t monotonic_micros() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace

Result<std::vector<PassedSocket>> find_passed_sockets(const FindEnv& find_env, pid_t pid) {
  std::vector<PassedSocket> sockets;
  const std::string count_text = env(find_env, "LISTEN_FDS");
  const std::string pid_text = env(find_env, "LISTEN_PID");
  if (count_text.empty() || pid_text.empty() || !is_meant_for(pid_text, pid)) return sockets;
  const auto count = base::parse_number(count_text, kMostPassed);
  if (!count)
    return Error(ErrorCode::invalid,
                 "LISTEN_FDS: '" + count_text +
                     "' is not a number of sockets; leave the variable to the service manager");
  const std::string names_text = env(find_env, "LISTEN_FDNAMES");
  std::vector<std::string_view> names;
  if (!names_text.empty()) names = base::split(names_text, ':');
  if (!names.empty() && names.size() != *count)
    return Error(ErrorCode::invalid, "LISTEN_FDNAMES: names " + std::to_string(names.size()) +
                                         " sockets, and LISTEN_FDS says " + count_text);
  for (std::size_t i = 0; i < *count; ++i) {
    PassedSocket passed;
    passed.fd = kFirstPassed + static_cast<int>(i);
    if (!names.empty()) passed.name = names[i];
    sockets.push_back(std::move(passed));
  }
  return sockets;
}

Supervisor::Supervisor(const FindEnv& find_env, pid_t pid) {
  std::string socket = env(find_env, "NOTIFY_SOCKET");
  if (socket.empty()) return;
  if ((socket.front() != '/' && socket.front() != '@') || socket.size() < 2 ||
      socket.size() >= sizeof(sockaddr_un::sun_path)) {
    spdlog::warn(
        "NOTIFY_SOCKET: '{}' is neither a path nor '@' and a name; nobody is told that we are "
        "ready",
        socket);
    return;
  }
  socket_ = std::move(socket);
  const std::string micros_text = env(find_env, "WATCHDOG_USEC");
  if (micros_text.empty() || !is_meant_for(env(find_env, "WATCHDOG_PID"), pid)) return;
  const auto micros = base::parse_number(micros_text);
  if (!micros || *micros == 0) {
    spdlog::warn("WATCHDOG_USEC: '{}' is not a number of microseconds; no sign of life is given",
                 micros_text);
    return;
  }
  watchdog_ = std::chrono::microseconds(static_cast<std::int64_t>(*micros));
}

void Supervisor::say_ready(std::string_view status) {
  say("READY=1\n" + status_assignment(status));
}

void Supervisor::say_reloading() {
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_micros()));
}

void Supervisor::say_stopping(std::string_view status, std::chrono::microseconds at_most) {
  say("STOPPING=1\n" + status_assignment(status) +
      "\nEXTEND_TIMEOUT_USEC=" + std::to_string(at_most.count()));
}

void Supervisor::say(std::string_view assignments) {
  if (!is_there()) return;
  const auto sent = send(assignments);
  if (!sent && !std::exchange(has_failed_, true)) spdlog::warn("{}", sent.error().text());
}

// A socket for each message: the manager may have been started again since the last one.
Result<void> Supervisor::send(std::string_view message) const {
  const std::string what = "cannot tell the service manager at " + socket_;
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return errno_error(ErrorCode::unavailable, what, errno);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendLimit, sizeof kSendLimit);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  // An abstract name begins with NUL and has no end but its length.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const ssize_t sent = ::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&address), size);
  if (sent < 0) return errno_error(ErrorCode::unavailable, what, errno);
  return {};
}

std::string status_assignment(std::string_view status) {
  std::string line = "STATUS=" + std::string(status);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return line;
}

}  // namespace vela::process
