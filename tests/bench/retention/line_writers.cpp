#include "bench/retention/line_writers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bench/processes.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto kLineInterval = 100ms;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_retention: %s\n", what.c_str());
  std::_Exit(1);
}

std::uint64_t number_after(const std::string& text, const std::string& name) {
  const auto at = text.find(name);
  if (at == std::string::npos) fail("no " + name + " in " + text);
  return std::strtoull(text.c_str() + at + name.size(), nullptr, 10);
}

}  // namespace

PlainHttp::PlainHttp(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail("cannot connect to the server");
}

PlainHttp::~PlainHttp() { ::close(fd_); }

std::string PlainHttp::request(const std::string& method, const std::string& path,
                               const std::string& headers, const std::string& body) {
  const std::string all = method + " " + path + " HTTP/1.1\r\nHost: bench\r\n" + headers +
                          "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  if (::send(fd_, all.data(), all.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(all.size()))
    fail("cannot send");
  std::string answer;
  std::array<char, 65536> piece{};
  while (true) {
    const auto end = answer.find("\r\n\r\n");
    if (end != std::string::npos &&
        answer.size() - end - 4 >= number_after(answer, "Content-Length: "))
      break;
    const ssize_t got = ::recv(fd_, piece.data(), piece.size(), 0);
    if (got <= 0) fail(method + " " + path + " was not answered: " + answer);
    answer.append(piece.data(), static_cast<std::size_t>(got));
  }
  if (answer.compare(0, 12, "HTTP/1.1 200") != 0) fail(method + " " + path + ": " + answer);
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

LineWriters::LineWriters(int port, int count) {
  for (int i = 1; i <= count; ++i) threads_.emplace_back([this, port, i] { write_lines(port, i); });
}

LineWriters::~LineWriters() {
  is_over_ = true;
  for (std::thread& thread : threads_) thread.join();
}

std::vector<double> LineWriters::take_delays() {
  const std::lock_guard lock(mutex_);
  return std::exchange(delays_, {});
}

void LineWriters::write_lines(int port, int number) {
  PlainHttp http(port);
  std::array<char, 64> header{};
  std::snprintf(header.data(), header.size(), "Vela-Logs-Writer: %032x\r\n", number);
  const std::string path = "/api/v1/repos/octocat/live/builds/1/steps/" + std::to_string(number);
  const std::string line(70, 'l');
  std::uint64_t offset = 0;
  auto due = std::chrono::steady_clock::now() + number * 5ms;
  for (; !is_over_; due += kLineInterval) {
    std::this_thread::sleep_until(due);
    const double begun = now_seconds();
    const std::uint64_t end = offset + line.size();
    std::uint64_t durable = 0;
    while (durable < end) {
      const std::string answer = http.request(
          "PATCH",
          path + "/logs?offset=" + std::to_string(offset) + "&durable=" + std::to_string(end),
          header.data(), line);
      durable = number_after(answer, "\"durable\":");
    }
    offset = end;
    const std::lock_guard lock(mutex_);
    delays_.push_back((now_seconds() - begun) * 1000);
  }
}

}  // namespace vela::bench
