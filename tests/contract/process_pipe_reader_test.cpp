#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "core/base/clock.hpp"
#include "core/process/pipe_reader.hpp"
#include "support/await.hpp"
#include "support/temp_dir.hpp"

namespace vela::process {
namespace {

using test::await_on;

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  base::UniqueFd reader;
  base::UniqueFd writer;
};

void put(const base::UniqueFd& fd, std::string_view bytes) {
  REQUIRE(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

async::Awaitable<Result<std::string>> read_all(PipeReader& reader) {
  std::string all;
  while (true) {
    const Result<std::string_view> bytes = co_await reader.read();
    if (!bytes) co_return bytes.error();
    if (bytes->empty()) co_return all;
    all += *bytes;
  }
}

TEST_CASE("bytes come as they are written, and nothing at the end") {
  boost::asio::io_context loop;
  Pipe pipe;
  PipeReader reader(loop.get_executor(), std::move(pipe.reader));
  put(pipe.writer, "one");
  CHECK(await_on(loop, reader.read()).value() == "one");
  put(pipe.writer,
      "two\0"
      "three");
  CHECK(await_on(loop, reader.read()).value() == "two");
  pipe.writer.reset();
  CHECK(await_on(loop, reader.read()).value().empty());
  CHECK(await_on(loop, reader.read()).value().empty());
}

TEST_CASE("bytes gather for 200 us after a read that emptied the pipe, and then come together") {
  boost::asio::io_context loop;
  Pipe pipe;
  PipeReader reader(loop.get_executor(), std::move(pipe.reader));
  put(pipe.writer, "a");
  static_cast<void>(await_on(loop, reader.read()));
  const auto begin = base::steady_now();
  put(pipe.writer, "b");
  put(pipe.writer, "c");
  CHECK(await_on(loop, reader.read()).value() == "bc");
  // The pause began a little before `begin`.
  CHECK(base::steady_now() - begin >= std::chrono::microseconds(100));
}

TEST_CASE("a large output comes whole, in pieces of at most 64 KiB") {
  boost::asio::io_context loop;
  Pipe pipe;
  std::string written;
  for (int i = 0; i < 100'000; ++i) written += std::to_string(i) + "\n";
  std::jthread writer([&written, fd = std::move(pipe.writer)] {
    std::string_view rest = written;
    while (!rest.empty()) {
      const ssize_t length = ::write(fd.get(), rest.data(), rest.size());
      if (length < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(length));
    }
  });
  PipeReader reader(loop.get_executor(), std::move(pipe.reader));
  const std::string first(await_on(loop, reader.read()).value());
  CHECK(first.size() <= 64 * 1024);
  CHECK(first + await_on(loop, read_all(reader)).value() == written);
}

TEST_CASE("standard input may be a file, empty or long") {
  boost::asio::io_context loop;
  const test::TempDir dir;
  const std::string content(200'000, 'x');
  const std::string path = dir.write("input", content);
  PipeReader file(loop.get_executor(), base::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
  CHECK(await_on(loop, read_all(file)).value() == content);

  PipeReader null(loop.get_executor(), base::UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  CHECK(await_on(loop, null.read()).value().empty());
}

TEST_CASE("reading leaves the flags of a descriptor that others share alone") {
  boost::asio::io_context loop;
  Pipe pipe;
  PipeReader reader(loop.get_executor(), base::UniqueFd(::dup(pipe.reader.get())));
  put(pipe.writer, "x");
  CHECK(await_on(loop, reader.read()).value() == "x");
  CHECK((::fcntl(pipe.reader.get(), F_GETFL) & O_NONBLOCK) == 0);
}

TEST_CASE("what can't be read is an error") {
  boost::asio::io_context loop;
  PipeReader directory(loop.get_executor(), base::UniqueFd(::open("/", O_RDONLY | O_CLOEXEC)));
  CHECK(await_on(loop, directory.read()).error().code() == ErrorCode::unavailable);
}

TEST_CASE("a read that waits can be cancelled, and the next one goes on") {
  boost::asio::io_context loop;
  Pipe pipe;
  PipeReader reader(loop.get_executor(), std::move(pipe.reader));
  put(pipe.writer, "a");
  static_cast<void>(await_on(loop, reader.read()));

  ErrorCode code = ErrorCode::none;
  const auto on_end = [&code](const std::exception_ptr&, Result<std::string_view> bytes) {
    if (!bytes) code = bytes.error().code();
  };
  loop.restart();
  SUBCASE("while bytes gather") {
    boost::asio::co_spawn(loop, reader.read(), on_end);
    loop.run_one();
  }
  SUBCASE("while none come") {
    boost::asio::co_spawn(loop, reader.read(), on_end);
    loop.run_for(std::chrono::milliseconds(1));  // longer than bytes gather
  }
  CHECK(code == ErrorCode::none);
  reader.cancel();
  loop.restart();
  loop.run();
  CHECK(code == ErrorCode::canceled);

  put(pipe.writer, "b");
  CHECK(await_on(loop, reader.read()).value() == "b");
}

async::Awaitable<void> read_ten_times(PipeReader& reader, char name, std::string& order) {
  for (int i = 0; i < 10; ++i) {
    static_cast<void>(co_await reader.read());
    order += name;
  }
}

TEST_CASE("two sources that always have more are read in turn") {
  boost::asio::io_context loop;
  PipeReader first(loop.get_executor(), base::UniqueFd(::open("/dev/zero", O_RDONLY | O_CLOEXEC)));
  PipeReader second(loop.get_executor(), base::UniqueFd(::open("/dev/zero", O_RDONLY | O_CLOEXEC)));
  std::string order;
  const auto on_end = [](const std::exception_ptr&) {};
  boost::asio::co_spawn(loop, read_ten_times(first, 'a', order), on_end);
  boost::asio::co_spawn(loop, read_ten_times(second, 'b', order), on_end);
  loop.run();
  CHECK(order == "abababababababababab");
}

}  // namespace
}  // namespace vela::process
