#include "support/connect_proxy.hpp"

#include <sys/socket.h>

namespace vela::test {
namespace {

void pass_on(int from, int to) {
  std::string bytes;
  while (receive(from, bytes) && send_all(to, bytes)) bytes.clear();
  ::shutdown(to, SHUT_WR);
}

}  // namespace

ConnectProxy::ConnectProxy(int server_port)
    : server_port_(server_port),
      listener_(listen_on_loopback()),
      acceptor_([this] { accept_all(); }) {}

ConnectProxy::~ConnectProxy() {
  ::shutdown(listener_.socket.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int open : open_) ::shutdown(open, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void ConnectProxy::accept_all() {
  while (true) {
    const int client = ::accept(listener_.socket.get(), nullptr, nullptr);
    if (client < 0) return;
    const std::lock_guard lock(mutex_);
    open_.push_back(client);
    threads_.emplace_back([this, client] { serve(client); });
  }
}

void ConnectProxy::serve(int client) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos && receive(client, head)) {
  }
  const base::UniqueFd server = connect_to_loopback(server_port_);
  if (server.is_open() && head.find("\r\n\r\n") != std::string::npos) {
    if (head.starts_with("CONNECT ")) {
      ++tunnels_;
      send_all(client, "HTTP/1.1 200 OK\r\n\r\n");
    } else {
      send_all(server.get(), head);
    }
    std::thread back([&] { pass_on(server.get(), client); });
    pass_on(client, server.get());
    back.join();
  }
  const std::lock_guard lock(mutex_);
  open_.remove(client);
  ::close(client);
}

}  // namespace vela::test
