// serve below a service manager: what it says, and sockets that outlive it.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include "core/base/unique_fd.hpp"
#include "core/net/listen_address.hpp"
#include "support/forked.hpp"
#include "support/loopback.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/store_blocker.hpp"
#include "support/supervisor_socket.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ProgramSetup serve_below(const std::string& manager, const TempDir& dir) {
  ProgramSetup setup(
      {"serve", "--listen", "127.0.0.1:0", "--store", dir / "x.db", "--flush-interval", "10ms"});
  setup.environment = {{"NOTIFY_SOCKET", manager}};
  return setup;
}

// The port in "… listening on http://127.0.0.1:40123".
int port_of(const std::string& ready) { return std::stoi(ready.substr(ready.rfind(':') + 1)); }

vela::net::ListenSocket open_socket(const std::string& address) {
  return vela::net::ListenSocket::open(vela::net::ListenAddress::parse(address).value()).value();
}

// Keeps a socket and starts serve on it, as a socket unit does.
class Activator {
 public:
  Activator(std::string store, vela::net::ListenSocket socket)
      : store_(std::move(store)), socket_(std::move(socket)) {}
  ~Activator() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) wait_status(pid_, 0);
  }
  Activator(const Activator&) = delete;
  Activator& operator=(const Activator&) = delete;

  [[nodiscard]] int port() const { return port_of(socket_.url()); }
  void start() {
    const std::string path = program_path();
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // dup2 of 3 to itself would leave it closed on exec.
    ::dup2(::dup(socket_.fd()), 3);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", "vela-logs.socket", 1);
    ::execl(path.c_str(), path.c_str(), "serve", "--listen", "127.0.0.1:1", "--store",
            store_.c_str(), nullptr);
    ::_exit(99);
  }
  // Its exit code.
  int stop() {
    ::kill(pid_, SIGTERM);
    return wait();
  }
  int wait() {
    const int status = wait_status(pid_, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

 private:
  const std::string store_;
  const vela::net::ListenSocket socket_;
  pid_t pid_ = -1;
};

// Asks again and again on new connections, until it is told to stop.
class Asker {
 public:
  explicit Asker(int port) : thread_([this, port] { ask(port); }) {}
  ~Asker() {
    is_stopped = true;
    if (thread_.joinable()) thread_.join();
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  std::atomic<bool> is_stopped = false;
  std::atomic<int> answered = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> unanswered = 0;

 private:
  void ask(int port) {
    while (!is_stopped) {
      const vela::base::UniqueFd socket = connect_to_loopback(port);
      if (!socket.is_open()) {
        ++refused;
        continue;
      }
      send_all(socket.get(), "GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      std::string answer;
      while (receive(socket.get(), answer)) {
      }
      ++(answer.find("HTTP/1.1 200") == 0 ? answered : unanswered);
    }
  }

  std::thread thread_;
};

}  // namespace

TEST_CASE("the manager hears when serve is ready, and when it stops") {
  const TempDir dir;
  SupervisorSocket manager(dir / "notify");
  Program serve(serve_below(dir / "notify", dir));
  const std::string ready = manager.receive();
  CHECK(contains(ready, "READY=1\nSTATUS=listening on http://127.0.0.1:"));
  serve.signal(SIGTERM);
  const std::string stopping = manager.receive();
  CHECK(contains(stopping, "STOPPING=1\n"));
  CHECK(contains(stopping, "\nEXTEND_TIMEOUT_USEC="));
  CHECK(serve.wait().code == 0);
  CHECK_FALSE(manager.has_more());
}

TEST_CASE("a commit that hangs keeps the watchdog's signs of life back until it moves") {
  const TempDir dir;
  SupervisorSocket manager(dir / "notify");
  ProgramSetup setup = serve_below(dir / "notify", dir);
  // SQLite waits 5 s for a lock, so that a commit hangs for longer than the watchdog waits.
  setup.environment.emplace_back("WATCHDOG_USEC", "1000000");
  Program serve(std::move(setup));
  const std::string ready = manager.receive();
  CHECK(contains(ready, "READY=1"));
  CHECK(contains(manager.receive(), "WATCHDOG=1"));
  const std::string request = "PATCH " + kBuildPath +
                              "/steps/1/logs?offset=0 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                              "Connection: close\r\n\r\nhello";
  {
    StoreBlocker blocker(dir / "x.db");
    const auto socket = connect_to_loopback(port_of(ready));
    REQUIRE(send_all(socket.get(), request));
    REQUIRE(eventually([&] { return serve.has_said("the watchdog gets no sign of life"); }));
    bool is_told = false;
    while (manager.has_more()) is_told |= contains(manager.receive(), "STATUS=degraded: the store");
    // Nothing else may come within the pause of a sign of life.
    CHECK((is_told || contains(manager.receive(), "STATUS=degraded: the store")));
  }
  REQUIRE(eventually([&] { return serve.has_said("gets its signs of life again"); }));
  while (!contains(manager.receive(), "STATUS=listening on")) {
  }
  serve.signal(SIGTERM);
  CHECK(serve.wait().code == 0);
}

TEST_CASE(
    "a restart on a socket that was passed refuses no connection and leaves none unanswered") {
  const TempDir dir;
  Activator activator(dir / "x.db", open_socket("127.0.0.1:0"));
  activator.start();
  Asker asker(activator.port());
  for (int restart = 0; restart < 5; ++restart) {
    const int before = asker.answered;
    REQUIRE(eventually([&] { return asker.answered > before + 20; }));
    CHECK(activator.stop() == 0);
    activator.start();
  }
  const int before = asker.answered;
  REQUIRE(eventually([&] { return asker.answered > before; }));
  CHECK(asker.refused == 0);
  CHECK(asker.unanswered == 0);
}

TEST_CASE("a passed socket that other machines could reach is refused") {
  const TempDir dir;
  Activator activator(dir / "x.db", open_socket(":0"));
  activator.start();
  CHECK(activator.wait() == 1);
}

TEST_CASE("what is passed and is no listening socket is refused by its number") {
  const TempDir dir;
  for (const std::string& redirect : {std::string("3</dev/null"), std::string("3<&-")}) {
    ProgramSetup setup({"-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec " + program_path() +
                                  " serve --store " + (dir / "y.db") + " " + redirect});
    setup.program = "/bin/sh";
    Program serve(std::move(setup));
    const Finished finished = serve.wait();
    CHECK(finished.code == 1);
    CHECK(contains(finished.err, "descriptor 3 that was passed to us is not a stream socket"));
  }
}
