// What a reader's own side does to tail: it reads slowly, goes away, interrupts, or is a terminal.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "core/base/unique_fd.hpp"
#include "support/forked.hpp"
#include "support/loopback.hpp"
#include "support/program.hpp"
#include "support/server.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";

// 38 MB: many times what the buffer before the terminal, the pipe and the sockets hold together.
constexpr int kLines = 5'000'000;
// A reader that kept what is not taken would hold the whole log.
constexpr long kMostMemoryKib = 16 * 1024;

// A sanitiser keeps what was freed: memory then tells nothing.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsMemoryTelling = false;
#else
constexpr bool kIsMemoryTelling = true;
#endif

// `tail` whose output nobody reads until the test does.
class SlowReader {
 public:
  explicit SlowReader(const Server& server) {
    const std::string program = program_path();
    const std::string url = server.url();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    read_end_.reset(ends[0]);
    const vela::base::UniqueFd write_end(ends[1]);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(write_end.get(), STDOUT_FILENO);
      ::execl(program.c_str(), program.c_str(), "tail", "--raw", "--server", url.c_str(),
              kLog.c_str(), nullptr);
      ::_exit(127);
    }
  }
  ~SlowReader() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
  }
  SlowReader(const SlowReader&) = delete;
  SlowReader& operator=(const SlowReader&) = delete;

  // "RssAnon" or another line of /proc/PID/status in KiB; -1 when it is not there.
  [[nodiscard]] long memory_kib(const std::string& name) const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    for (std::string word; status >> word;) {
      long kib = 0;
      if (word == name + ":" && status >> kib) return kib;
    }
    return -1;
  }
  [[nodiscard]] std::string read(std::size_t most) const {
    std::string bytes(most, '\0');
    const ssize_t count = ::read(read_end_.get(), bytes.data(), bytes.size());
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  void stop_reading() { read_end_.reset(); }
  [[nodiscard]] int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  vela::base::UniqueFd read_end_;
};

std::string fill(const Server& server, int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += std::to_string(i) + '\n';
  const Finished step = run({"run-step", "--server", server.url(), "--log", kLog, "--quiet"}, text);
  REQUIRE(step.code == 0);
  return text;
}

}  // namespace

TEST_CASE("a slow reader gets every byte, and what it has not taken is not kept by tail") {
  const Server server;
  const std::string text = fill(server, kLines);
  SlowReader reader(server);
  std::string got;
  while (got.size() < 64 * 1024) got += reader.read(1024);
  // Half a second in which tail could fetch all of it.
  ::usleep(500'000);
  const long kib = reader.memory_kib("RssAnon");
  CHECK(kib > 0);
  if (kIsMemoryTelling) CHECK(kib < kMostMemoryKib);
  for (std::string more = reader.read(65536); !more.empty(); more = reader.read(65536)) got += more;
  CHECK((got == text));  // not the whole log in a message
  CHECK(reader.wait() == 0);
}

TEST_CASE("a reader that goes away has seen what it wanted") {
  const Server server;
  static_cast<void>(fill(server, kLines / 10));
  SlowReader reader(server);
  CHECK_FALSE(reader.read(10).empty());
  reader.stop_reading();
  CHECK(reader.wait() == 0);
}

TEST_CASE("an interrupted tail ends at once with 130") {
  const Server server;
  Program waiting(ProgramSetup({"tail", "--server", server.url(), kLog}));
  REQUIRE(eventually([&] { return waiting.has_said("waiting for it"); }));
  waiting.signal(SIGINT);
  CHECK(waiting.wait().code == 130);
}

namespace {

// A server that answers one request with what the test gives it, piece by piece.
class ScriptedServer {
 public:
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(listener_.port);
  }

  void take_request() {
    client_.reset(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos)
      if (!receive(client_.get(), head)) return;
  }
  void send(const std::string& bytes) const {
    static_cast<void>(::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

 private:
  LoopbackListener listener_ = listen_on_loopback();
  vela::base::UniqueFd client_;
};

// Reads from the terminal until `text` has come, or until its other side is gone.
std::string read_until(int terminal, const std::string& text) {
  std::string seen;
  std::array<char, 4096> buffer{};
  while (text.empty() || seen.find(text) == std::string::npos) {
    pollfd ready{terminal, POLLIN, 0};
    if (::poll(&ready, 1, 20'000) != 1) return seen;
    const ssize_t length = ::read(terminal, buffer.data(), buffer.size());
    if (length <= 0) return seen;
    seen.append(buffer.data(), static_cast<std::size_t>(length));
  }
  return seen;
}

}  // namespace

TEST_CASE("on a terminal a silent step is told from a hung one, in a line that does not stay") {
  ScriptedServer server;
  const std::string url = server.url();
  const std::string program = program_path();
  const auto body = [&] {
    ::setenv("TERM", "xterm", 1);
    ::execl(program.c_str(), program.c_str(), "tail", "--server", url.c_str(), kLog.c_str(),
            nullptr);
    return 99;
  };
  const auto on_terminal = [&](int terminal) {
    server.take_request();
    server.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        "event: hello\ndata: {\"log\":\"octocat/hello/42/steps/1\",\"cursor\":\"1-0\",\"offset\":0,"
        "\"state\":\"running\",\"silent_ms\":65000,\"writer_seen_ms\":800}\n\n");
    const std::string quiet = read_until(terminal, " —\x1b[0m");
    CHECK(quiet.find("— no output for 1m05s, step is running —") != std::string::npos);
    server.send(
        "id: 1-6\nevent: log\ndata: {\"offset\":0,\"time\":1000.000,\"stream\":\"stdout\","
        "\"text\":\"hello\\n\"}\n\n"
        "id: 1-6-end\nevent: end\ndata: {\"length\":6,\"sha256\":\"ab\",\"status\":\"success\","
        "\"exit_code\":0,\"complete\":true,\"reason\":null}\n\n");
    const std::string rest = read_until(terminal, "");
    CHECK(rest.find("\x1b[Khello\r\n") != std::string::npos);
    CHECK(rest.find("no output", rest.find("hello")) == std::string::npos);
  };
  CHECK(run_on_terminal(body, on_terminal) == 0);
}
