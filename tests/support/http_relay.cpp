#include "support/http_relay.hpp"

#include <sys/socket.h>

#include <utility>

#include "support/http_message_end.hpp"

namespace vela::test {
namespace {

// One whole message from `fd`; `rest` holds what was read beyond the one before.
std::optional<std::string> read_message(int fd, std::string& rest) {
  std::size_t end = 0;
  while ((end = find_message_end(rest)) == std::string::npos)
    if (!receive(fd, rest)) return std::nullopt;
  std::string message = rest.substr(0, end);
  rest.erase(0, end);
  return message;
}

}  // namespace

HttpRelay::HttpRelay(int server_port, Intercept intercept)
    : server_port_(server_port), intercept_(std::move(intercept)), listener_(listen_on_loopback()) {
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpRelay::~HttpRelay() {
  ::shutdown(listener_.socket.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void HttpRelay::accept_all() {
  while (true) {
    const int client = ::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    threads_.emplace_back([this, client] { serve(client); });
  }
}

std::optional<std::string> HttpRelay::intercept(const std::string& request, int nth) {
  if (!intercept_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return intercept_(request, nth);
}

void HttpRelay::serve(int client) {
  const base::UniqueFd front(client);
  const base::UniqueFd back = connect_to_loopback(server_port_);
  if (!back.is_open()) return;
  {
    const std::lock_guard lock(mutex_);
    open_.insert(open_.end(), {front.get(), back.get()});
  }
  std::string from_client;
  std::string from_server;
  for (int requests = 1;; ++requests) {
    const auto request = read_message(front.get(), from_client);
    if (!request) break;
    if (const auto own = intercept(*request, requests)) {
      if (own->empty() || !send_all(front.get(), *own)) break;
      continue;
    }
    if (!send_all(back.get(), *request)) break;
    const auto answer = read_message(back.get(), from_server);
    if (!answer || !send_all(front.get(), *answer)) break;
  }
  const std::lock_guard lock(mutex_);
  open_.remove(front.get());
  open_.remove(back.get());
}

}  // namespace vela::test
