#include "support/answer_proxy.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "support/loopback.hpp"

namespace vela::test {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

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
      listener_(listen_on_loopback()),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
  acceptor_ = std::thread([this] { accept_all(); });
}

AnswerProxy::~AnswerProxy() {
  ::eventfd_write(stop_.get(), 1);
  acceptor_.join();
}

void AnswerProxy::accept_all() {
  while (true) {
    std::array<pollfd, 2> ready{{{listener_.socket.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) break;
    const int client = ::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
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

  const base::UniqueFd upstream = connect_to_loopback(server_port_);
  if (!upstream.is_open()) return;
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
