#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/async/output_writer.hpp"
#include "core/base/unique_fd.hpp"
#include "core/process/signal_watch.hpp"
#include "support/await.hpp"
#include "support/forked.hpp"
#include "support/temp_dir.hpp"

namespace vela::async {
namespace {

using test::await_on;

// More than a pipe, a socket or a terminal takes without a reader.
constexpr std::size_t kMuch = 1'500'000;

struct Ends {
  base::UniqueFd reader;
  base::UniqueFd writer;
};

Ends make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

Ends make_sockets() {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

Ends make_terminal() {
  int master = -1;
  int slave = -1;
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  return {base::UniqueFd(master), base::UniqueFd(slave)};
}

bool is_blocking(const base::UniqueFd& fd) {
  return (::fcntl(fd.get(), F_GETFL) & O_NONBLOCK) == 0;
}

// A write in the background of `loop` and what came of it.
class Write {
 public:
  Write(boost::asio::io_context& loop, OutputWriter& writer, std::string_view bytes) {
    const auto on_end = [this](const std::exception_ptr& failure, Result<void> result) {
      if (!failure) result_ = std::move(result);
    };
    boost::asio::co_spawn(loop, writer.write(bytes),
                          boost::asio::bind_cancellation_slot(cancel_.slot(), on_end));
  }
  [[nodiscard]] bool has_ended() const { return result_.has_value(); }
  [[nodiscard]] const Result<void>& result() const { return *result_; }
  void cancel() { cancel_.emit(boost::asio::cancellation_type::terminal); }

 private:
  boost::asio::cancellation_signal cancel_;
  std::optional<Result<void>> result_;
};

// Writes `bytes` to a reader that begins to read when nothing more goes in; false when a byte is
// wrong or the loop was blocked (which a cap on the whole test program ends).
bool arrives_late_and_whole(const Ends& ends, std::string_view bytes) {
  boost::asio::io_context loop;
  OutputWriter writer(loop.get_executor(), ends.writer.get());
  Write write(loop, writer, bytes);
  loop.poll();
  if (write.has_ended()) return false;  // it fits: the test tests nothing
  std::string got;
  char buffer[65536];
  while (got.size() < bytes.size()) {
    const ssize_t length = ::read(ends.reader.get(), buffer, sizeof(buffer));
    if (length <= 0) return false;
    got.append(buffer, static_cast<std::size_t>(length));
    loop.restart();
    loop.poll();
  }
  loop.restart();
  loop.poll();
  return got == bytes && write.has_ended() && write.result().has_value();
}

std::string much() {
  std::string bytes;
  for (int i = 0; bytes.size() < kMuch; ++i) bytes += std::to_string(i) + ' ';
  return bytes;
}

TEST_CASE(
    "a slow reader makes the write wait and nothing else, and finds its descriptor unchanged") {
  SUBCASE("of a pipe") {
    const Ends pipe = make_pipe();
    CHECK(arrives_late_and_whole(pipe, much()));
    CHECK(is_blocking(pipe.writer));
  }
  SUBCASE("of a socket") {
    const Ends sockets = make_sockets();
    CHECK(arrives_late_and_whole(sockets, much()));
    CHECK(is_blocking(sockets.writer));
  }
  SUBCASE("of a terminal") {
    const Ends terminal = make_terminal();
    CHECK(arrives_late_and_whole(terminal, much()));
    CHECK(is_blocking(terminal.writer));
  }
}

TEST_CASE("a pipe that can't be opened again is written without blocking all the same") {
  const int status = test::run_forked([] {
    const Ends pipe = make_pipe();
    if (!test::deny_system_call(SYS_openat, EACCES)) return 77;
    if (!arrives_late_and_whole(pipe, much())) return 1;
    return is_blocking(pipe.writer) ? 0 : 2;
  });
  if (status == 77) {
    MESSAGE("SKIP: the kernel does not allow seccomp filters here");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("a file and /dev/null take everything at once") {
  boost::asio::io_context loop;
  const test::TempDir dir;
  const std::string path = dir.write("out", "");
  const base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  OutputWriter writer(loop.get_executor(), file.get());
  CHECK(await_on(loop, writer.write("one ")).has_value());
  CHECK(await_on(loop, writer.write("two")).has_value());
  CHECK(test::read_file(path) == "one two");
  CHECK_FALSE(writer.is_terminal());

  const base::UniqueFd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  OutputWriter to_null(loop.get_executor(), null.get());
  CHECK(await_on(loop, to_null.write(std::string(kMuch, 'x'))).has_value());
}

TEST_CASE("a terminal is known as one") {
  boost::asio::io_context loop;
  const Ends terminal = make_terminal();
  const OutputWriter writer(loop.get_executor(), terminal.writer.get());
  CHECK(writer.is_terminal());
}

TEST_CASE("a full disk is an error") {
  boost::asio::io_context loop;
  const base::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  OutputWriter writer(loop.get_executor(), full.get());
  CHECK(await_on(loop, writer.write("x")).error().code() == ErrorCode::unavailable);
}

TEST_CASE("an output that nobody reads any more is closed") {
  boost::asio::io_context loop;
  process::ignore_sigpipe();
  SUBCASE("a pipe whose reader went away before") {
    Ends pipe = make_pipe();
    pipe.reader.reset();
    OutputWriter writer(loop.get_executor(), pipe.writer.get());
    CHECK(await_on(loop, writer.write("x")).error().code() == ErrorCode::closed);
  }
  SUBCASE("a pipe whose reader goes away while the write waits") {
    Ends pipe = make_pipe();
    OutputWriter writer(loop.get_executor(), pipe.writer.get());
    const std::string bytes = much();
    const Write write(loop, writer, bytes);
    loop.poll();
    CHECK_FALSE(write.has_ended());
    pipe.reader.reset();
    loop.restart();
    loop.poll();
    REQUIRE(write.has_ended());
    CHECK(write.result().error().code() == ErrorCode::closed);
  }
  SUBCASE("a socket") {
    Ends sockets = make_sockets();
    sockets.reader.reset();
    OutputWriter writer(loop.get_executor(), sockets.writer.get());
    CHECK(await_on(loop, writer.write("x")).error().code() == ErrorCode::closed);
  }
  ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("a write that waits can be cancelled") {
  boost::asio::io_context loop;
  const Ends pipe = make_pipe();
  OutputWriter writer(loop.get_executor(), pipe.writer.get());
  const std::string bytes = much();
  Write write(loop, writer, bytes);
  loop.poll();
  write.cancel();
  loop.restart();
  loop.poll();
  REQUIRE(write.has_ended());
  CHECK(write.result().error().code() == ErrorCode::canceled);
}

}  // namespace
}  // namespace vela::async
