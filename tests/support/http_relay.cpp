#include "support/http_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace vela::test {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Reads more into `text`; false at the end.
bool read_more(int fd, std::string& text) {
  std::array<char, 64 * 1024> buffer{};
  const ssize_t length = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (length <= 0) return false;
  text.append(buffer.data(), static_cast<std::size_t>(length));
  return true;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t length = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (length <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
  return true;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// One whole message from `fd`; `rest` holds what was read beyond the one before.
std::optional<std::string> read_message(int fd, std::string& rest) {
  std::size_t head = 0;
  while ((head = rest.find("\r\n\r\n")) == std::string::npos)
    if (!read_more(fd, rest)) return std::nullopt;
  const std::string names = lower(rest.substr(0, head + 2));
  std::size_t end = head + 4;
  if (names.find("\r\ntransfer-encoding: chunked") != std::string::npos) {
    for (bool is_last = false; !is_last;) {
      std::size_t line = 0;
      while ((line = rest.find("\r\n", end)) == std::string::npos)
        if (!read_more(fd, rest)) return std::nullopt;
      const std::size_t size = std::stoul(rest.substr(end, line - end), nullptr, 16);
      is_last = size == 0;
      end = line + 2 + size + 2;
      while (rest.size() < end)
        if (!read_more(fd, rest)) return std::nullopt;
    }
  } else if (const auto length = names.find("\r\ncontent-length: "); length != std::string::npos) {
    end += std::stoul(names.substr(length + 18));
    while (rest.size() < end)
      if (!read_more(fd, rest)) return std::nullopt;
  }
  std::string message = rest.substr(0, end);
  rest.erase(0, end);
  return message;
}

}  // namespace

HttpRelay::HttpRelay(int server_port, Intercept intercept)
    : server_port_(server_port),
      intercept_(std::move(intercept)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), any, &size) != 0)
    throw std::runtime_error("the relay does not listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

HttpRelay::~HttpRelay() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void HttpRelay::accept_all() {
  while (true) {
    const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
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
  const base::UniqueFd back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(server_port_);
  if (::connect(back.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return;
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
      if (own->empty() || !write_all(front.get(), *own)) break;
      continue;
    }
    if (!write_all(back.get(), *request)) break;
    const auto answer = read_message(back.get(), from_server);
    if (!answer || !write_all(front.get(), *answer)) break;
  }
  const std::lock_guard lock(mutex_);
  open_.remove(front.get());
  open_.remove(back.get());
}

}  // namespace vela::test
