#include "support/http_relay.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace vela::test {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// One whole message from `fd`; `rest` holds what was read beyond the one before.
std::optional<std::string> read_message(int fd, std::string& rest) {
  std::size_t head = 0;
  while ((head = rest.find("\r\n\r\n")) == std::string::npos)
    if (!receive(fd, rest)) return std::nullopt;
  const std::string names = lower(rest.substr(0, head + 2));
  std::size_t end = head + 4;
  if (names.find("\r\ntransfer-encoding: chunked") != std::string::npos) {
    for (bool is_last = false; !is_last;) {
      std::size_t line = 0;
      while ((line = rest.find("\r\n", end)) == std::string::npos)
        if (!receive(fd, rest)) return std::nullopt;
      const std::size_t size = std::stoul(rest.substr(end, line - end), nullptr, 16);
      is_last = size == 0;
      end = line + 2 + size + 2;
      while (rest.size() < end)
        if (!receive(fd, rest)) return std::nullopt;
    }
  } else if (const auto length = names.find("\r\ncontent-length: "); length != std::string::npos) {
    end += std::stoul(names.substr(length + 18));
    while (rest.size() < end)
      if (!receive(fd, rest)) return std::nullopt;
  }
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
