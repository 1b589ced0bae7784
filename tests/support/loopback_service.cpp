#include "support/loopback_service.hpp"

#include <sys/socket.h>

#include <utility>

namespace vela::test {

LoopbackService::Open::Open(LoopbackService& service, int socket)
    : service_(service), socket_(socket) {
  const std::lock_guard lock(service_.mutex_);
  service_.open_.push_back(socket_);
  if (service_.is_ended_) ::shutdown(socket_, SHUT_RDWR);
}

LoopbackService::Open::~Open() {
  const std::lock_guard lock(service_.mutex_);
  service_.open_.remove(socket_);
}

LoopbackService::LoopbackService(std::function<void(base::UniqueFd client)> serve)
    : serve_(std::move(serve)),
      listener_(listen_on_loopback()),
      acceptor_([this] { accept_all(); }) {}

LoopbackService::~LoopbackService() {
  ::shutdown(listener_.socket.get(), SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void LoopbackService::accept_all() {
  while (true) {
    const int client = ::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    threads_.emplace_back([this, client] { serve_(base::UniqueFd(client)); });
  }
}

}  // namespace vela::test
