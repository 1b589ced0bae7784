#include "support/answer_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

namespace vela::test {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Appends what has come; false at the end.
bool receive(int socket, std::string& bytes) {
  std::array<char, 64 * 1024> buffer{};
  const ssize_t length = ::recv(socket, buffer.data(), buffer.size(), 0);
  if (length > 0) bytes.append(buffer.data(), static_cast<std::size_t>(length));
  return length > 0;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t length = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (length <= 0) return;  // it is gone: its own business
    bytes.remove_prefix(static_cast<std::size_t>(length));
  }
}

bool has_length(std::string head) {
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return head.find("\r\ncontent-length:") != std::string::npos || head.find(" 204 ") < 16;
}

}  // namespace

AnswerProxy::AnswerProxy(int server_port, Fault fault, std::size_t most_bytes)
    : server_port_(server_port),
      fault_(fault),
      most_bytes_(most_bytes),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), any, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
      ::getsockname(listener_.get(), any, &size) != 0)
    throw std::runtime_error("the proxy can't listen");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

AnswerProxy::~AnswerProxy() {
  ::eventfd_write(stop_.get(), 1);
  acceptor_.join();
}

void AnswerProxy::accept_all() {
  while (true) {
    std::array<pollfd, 2> ready{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) break;
    const int client = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (client >= 0) connections_.emplace_back([this, client] { serve(client); });
  }
  for (std::thread& connection : connections_) connection.join();
}

void AnswerProxy::serve(int client) {
  const base::UniqueFd client_owner(client);
  std::string request;
  while (request.find(kHeadEnd) == std::string::npos)
    if (!receive(client, request)) return;
  // The server then ends an open answer by closing, and every connection after one answer.
  const std::size_t version = request.find(" HTTP/1.1\r\n");
  if (version != std::string::npos) request.replace(version, 9, " HTTP/1.0");

  const base::UniqueFd upstream(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(server_port_);
  if (::connect(upstream.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return;
  send_all(upstream.get(), request);
  std::string answer;
  std::size_t head_end = std::string::npos;
  while (head_end == std::string::npos) {
    // A poll may wait long at the server; the end of the test does not.
    std::array<pollfd, 2> ready{{{upstream.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0 || !receive(upstream.get(), answer)) return;
    head_end = answer.find(kHeadEnd);
  }
  const std::size_t head_bytes = head_end + kHeadEnd.size();
  if (!has_length(answer.substr(0, head_bytes))) {
    ++open_answers_;
    pass_open(client, upstream.get(), std::move(answer), head_bytes);
    return;
  }
  ++whole_answers_;
  while (receive(upstream.get(), answer)) {
  }
  send_all(client, answer);
}

void AnswerProxy::pass_open(int client, int upstream, std::string answer,
                            std::size_t head_bytes) const {
  const bool truncates = fault_ == Fault::truncates;
  const std::size_t most = truncates ? head_bytes + most_bytes_ : std::string::npos;
  std::size_t sent = 0;
  bool has_more = true;
  while (has_more) {
    if (truncates) {
      const std::string_view fresh = std::string_view(answer).substr(sent, most - sent);
      send_all(client, fresh);
      sent += fresh.size();
      if (sent == most) return;
    }
    std::array<pollfd, 3> ready{
        {{upstream, POLLIN, 0}, {client, POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(ready.data(), ready.size(), -1);
    // What the client has to say is that it goes.
    if (ready[1].revents != 0 || ready[2].revents != 0) return;
    has_more = receive(upstream, answer);
  }
  send_all(client, std::string_view(answer).substr(sent));
}

}  // namespace vela::test
