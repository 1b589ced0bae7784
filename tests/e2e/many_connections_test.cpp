// More connections at once than the usual soft limit of open files lets a process have.
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/unique_fd.hpp"
#include "support/loopback.hpp"
#include "support/server.hpp"

using namespace vela;
using namespace vela::test;

namespace {

// What is started while it lives inherits that soft limit of open files.
class SoftLimit {
 public:
  explicit SoftLimit(rlim_t files) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit lowered{files, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  }
  ~SoftLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  SoftLimit(const SoftLimit&) = delete;
  SoftLimit& operator=(const SoftLimit&) = delete;

 private:
  rlimit before_{};
};

// The status line of an answer to GET /health; the connection stays open.
std::string ask_health(int socket) {
  send_all(socket, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::string answer;
  while (answer.find("\r\n") == std::string::npos && receive(socket, answer)) {
  }
  return answer.substr(0, answer.find("\r\n"));
}

}  // namespace

TEST_CASE("serve takes more connections than its soft limit of open files") {
  constexpr rlim_t kFiles = 64;
  constexpr int kConnections = 200;
  std::unique_ptr<Server> server;
  {
    const SoftLimit limit(kFiles);
    server = std::make_unique<Server>();
  }
  std::vector<base::UniqueFd> sockets;
  for (int i = 0; i < kConnections; ++i) {
    sockets.push_back(connect_to_loopback(server->port()));
    const timeval cap{20, 0};
    REQUIRE(::setsockopt(sockets.back().get(), SOL_SOCKET, SO_RCVTIMEO, &cap, sizeof cap) == 0);
    REQUIRE(ask_health(sockets.back().get()) == "HTTP/1.1 200 OK");
  }
}
