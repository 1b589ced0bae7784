#include "support/supervisor_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "support/await.hpp"

namespace vela::test {

SupervisorSocket::SupervisorSocket(const std::string& name)
    : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0)
    throw std::runtime_error("cannot bind " + name);
}

std::string SupervisorSocket::receive() {
  pollfd ready{fd_.get(), POLLIN, 0};
  const auto most = static_cast<int>(std::chrono::milliseconds(kWaitCap).count());
  if (::poll(&ready, 1, most) != 1) throw std::runtime_error("the service said nothing");
  std::array<char, 4096> message{};
  const ssize_t length = ::recv(fd_.get(), message.data(), message.size(), 0);
  if (length < 0) throw std::runtime_error("recv failed");
  return {message.data(), static_cast<std::size_t>(length)};
}

bool SupervisorSocket::has_more() const {
  pollfd ready{fd_.get(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

}  // namespace vela::test
