#include "support/http_relay.hpp"

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
    : server_port_(server_port),
      intercept_(std::move(intercept)),
      service_([this](const base::UniqueFd& front) { serve(front); }) {}

std::optional<std::string> HttpRelay::intercept(const std::string& request, int nth) {
  if (!intercept_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  return intercept_(request, nth);
}

void HttpRelay::serve(const base::UniqueFd& front) {
  const base::UniqueFd back = connect_to_loopback(server_port_);
  if (!back.is_open()) return;
  const LoopbackService::Open open_front(service_, front.get());
  const LoopbackService::Open open_back(service_, back.get());
  std::string from_client;
  std::string from_server;
  for (int requests = 1;; ++requests) {
    const auto request = read_message(front.get(), from_client);
    if (!request) return;
    if (const auto own = intercept(*request, requests)) {
      if (own->empty() || !send_all(front.get(), *own)) return;
      continue;
    }
    if (!send_all(back.get(), *request)) return;
    const auto answer = read_message(back.get(), from_server);
    if (!answer || !send_all(front.get(), *answer)) return;
  }
}

}  // namespace vela::test
