#include "support/connect_proxy.hpp"

#include <sys/socket.h>

#include <thread>

namespace vela::test {
namespace {

void pass_on(int from, int to) {
  std::string bytes;
  while (receive(from, bytes) && send_all(to, bytes)) bytes.clear();
  ::shutdown(to, SHUT_WR);
}

// Counts the frames of a WebSocket's client, from its request on. Nothing is kept but their heads.
class FrameCounter {
 public:
  // How many have begun with these bytes.
  int put(std::string_view bytes) {
    int begun = 0;
    for (const char byte : bytes) {
      if (left_ != 0) {
        --left_;
        continue;
      }
      head_.push_back(byte);
      if (!has_request_) {
        has_request_ = head_.ends_with("\r\n\r\n");
        if (has_request_) head_.clear();
      } else if (is_head_whole()) {
        ++begun;
        head_.clear();
      }
    }
    return begun;
  }

 private:
  // RFC 6455 5.2: two bytes, a longer length if there is one; the mask counts as payload here.
  bool is_head_whole() {
    if (head_.size() < 2) return false;
    const std::size_t length = head_[1] & 0x7f;
    const std::size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (head_.size() < 2 + more) return false;
    left_ = more == 0 ? length : 0;
    for (std::size_t i = 0; i != more; ++i)
      left_ = left_ * 256 + static_cast<unsigned char>(head_[2 + i]);
    left_ += 4;
    return true;
  }

  bool has_request_ = false;
  std::string head_;
  std::size_t left_ = 0;  // of the frame that has begun
};

}  // namespace

void ConnectProxy::pass_on_counting(int client, int server) {
  FrameCounter counter;
  std::string bytes;
  while (receive(client, bytes)) {
    frames_ += counter.put(bytes);
    if (!send_all(server, bytes)) break;
    bytes.clear();
  }
  ::shutdown(server, SHUT_WR);
}

ConnectProxy::ConnectProxy(int server_port)
    : server_port_(server_port),
      service_([this](const base::UniqueFd& client) { serve(client); }) {}

void ConnectProxy::serve(const base::UniqueFd& client) {
  const LoopbackService::Open open_client(service_, client.get());
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos && receive(client.get(), head)) {
  }
  const base::UniqueFd server = connect_to_loopback(server_port_);
  if (!server.is_open() || head.find("\r\n\r\n") == std::string::npos) return;
  const bool is_tunnel = head.starts_with("CONNECT ");
  if (is_tunnel) {
    ++tunnels_;
    send_all(client.get(), "HTTP/1.1 200 OK\r\n\r\n");
  } else {
    send_all(server.get(), head);
  }
  std::thread back([&] { pass_on(server.get(), client.get()); });
  if (is_tunnel) {
    pass_on_counting(client.get(), server.get());
  } else {
    pass_on(client.get(), server.get());
  }
  back.join();
}

}  // namespace vela::test
