#include "support/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "core/base/unique_fd.hpp"
#include "support/forked.hpp"
#include "support/loopback.hpp"
#include "support/program.hpp"

namespace vela::test {
namespace {

using std::chrono_literals::operator""s;

constexpr int kStartCapMs = 20'000;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string unchunk(const std::string& body) {
  std::string whole;
  std::size_t at = 0;
  while (true) {
    const std::size_t line_end = body.find("\r\n", at);
    if (line_end == std::string::npos) throw std::runtime_error("a chunked body was cut");
    const std::size_t size = std::stoul(body.substr(at, line_end - at), nullptr, 16);
    if (size == 0) return whole;
    if (line_end + 2 + size > body.size()) throw std::runtime_error("a chunked body was cut");
    whole += body.substr(line_end + 2, size);
    at = line_end + 2 + size + 2;
  }
}

HttpReply parse_reply(const std::string& text) {
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string::npos) throw std::runtime_error("no whole answer: " + text);
  HttpReply reply;
  reply.status = std::stoi(text.substr(text.find(' ') + 1));
  std::size_t at = text.find("\r\n") + 2;
  while (at < head_end + 2) {
    const std::size_t line_end = text.find("\r\n", at);
    const std::string line = text.substr(at, line_end - at);
    const std::size_t colon = line.find(':');
    reply.headers.emplace_back(lower(line.substr(0, colon)), line.substr(colon + 2));
    at = line_end + 2;
  }
  reply.body = text.substr(head_end + 4);
  if (reply.header("transfer-encoding") == "chunked" && !reply.body.empty())
    reply.body = unchunk(reply.body);
  return reply;
}

base::UniqueFd connect_and_send(int port, const std::string& bytes) {
  base::UniqueFd socket = connect_to_loopback(port);
  if (!socket.is_open()) throw std::runtime_error("connect failed");
  const timeval cap{20, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &cap, sizeof cap);
  send_all(socket.get(), bytes);  // unless it has answered already
  return socket;
}

// Reads stdout's first line, "listening on http://127.0.0.1:PORT".
int read_port(int fd) {
  std::string line;
  while (line.find('\n') == std::string::npos) {
    pollfd ready{fd, POLLIN, 0};
    std::array<char, 256> buffer{};
    const bool has_come = ::poll(&ready, 1, kStartCapMs) == 1;
    const ssize_t length = has_come ? ::read(fd, buffer.data(), buffer.size()) : 0;
    if (length <= 0) throw std::runtime_error("serve did not start: " + line);
    line.append(buffer.data(), static_cast<std::size_t>(length));
  }
  return std::stoi(line.substr(line.rfind(':') + 1));
}

}  // namespace

std::string HttpReply::header(const std::string& name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

Server::Server() : store_(dir_ / "x.db") { start(); }

Server::Server(std::string store) : store_(std::move(store)) { start(); }

Server::~Server() {
  if (pid_ > 0) kill9();
}

void Server::start() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const base::UniqueFd read_end(ends[0]);
  base::UniqueFd write_end(ends[1]);
  const std::string path = program_path();
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(write_end.get(), STDOUT_FILENO);
    ::execl(path.c_str(), path.c_str(), "serve", "--listen", address.c_str(), "--store",
            store_.c_str(), nullptr);
    ::_exit(99);
  }
  write_end.reset();
  port_ = read_port(read_end.get());
}

int Server::terminate() {
  ::kill(pid_, SIGTERM);
  const int status = wait_status(pid_, 0);
  if (status < 0) throw std::runtime_error("serve did not end in time after SIGTERM");
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void Server::kill9() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

HttpReply Server::send_raw(const std::string& bytes) const {
  const base::UniqueFd socket = connect_and_send(port_, bytes);
  std::string text;
  const auto until = std::chrono::steady_clock::now() + 20s;  // heartbeats come without end
  while (receive(socket.get(), text)) {
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("an answer without an end: " + text.substr(0, 1000));
  }
  return parse_reply(text);
}

std::string Server::read_until(const std::string& bytes, const std::string& text) const {
  const base::UniqueFd socket = connect_and_send(port_, bytes);
  std::string seen;
  while (seen.find(text) == std::string::npos && receive(socket.get(), seen)) {
  }
  return seen;
}

HttpReply Server::request(const std::string& method, const std::string& path,
                          const std::string& body, const std::vector<std::string>& headers) const {
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  if (!body.empty() || method != "GET")
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return send_raw(text + "\r\n" + body);
}

HttpReply Server::build(const std::string& method, const std::string& path, const std::string& body,
                        const std::vector<std::string>& headers) const {
  return request(method, kBuildPath + path, body, headers);
}

bool eventually(const std::function<bool()>& predicate) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::usleep(10'000);
  }
  return true;
}

}  // namespace vela::test
