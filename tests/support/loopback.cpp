#include "support/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <stdexcept>

namespace vela::test {
namespace {

constexpr int kBacklog = 128;

base::UniqueFd make_socket() {
  return base::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

LoopbackListener listen_on_loopback() {
  LoopbackListener listener{make_socket(), 0};
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener.socket.get(), generic, length) != 0 ||
      ::listen(listener.socket.get(), kBacklog) != 0 ||
      ::getsockname(listener.socket.get(), generic, &length) != 0)
    throw std::runtime_error("no port of the loopback can be listened on");
  listener.port = ntohs(address.sin_port);
  return listener;
}

base::UniqueFd connect_to_loopback(int port) {
  base::UniqueFd socket = make_socket();
  const sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return base::UniqueFd();
  return socket;
}

bool receive(int socket, std::string& bytes) {
  std::array<char, 64 * 1024> buffer{};
  const ssize_t length = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (length > 0) bytes.append(buffer.data(), static_cast<std::size_t>(length));
  return length > 0;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t length = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (length <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  return true;
}

}  // namespace vela::test
