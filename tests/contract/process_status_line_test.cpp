// The line at the foot of a terminal, on a pseudo-terminal.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "core/base/logging.hpp"
#include "core/base/status_line.hpp"
#include "support/forked.hpp"

using namespace vela;
using namespace vela::test;

namespace {

// What `body` writes to its terminal.
std::string written_by(const std::function<int()>& body) {
  std::string written;
  const int code = run_on_terminal(body, [&written](int fd) {
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = ::read(fd, block.data(), block.size())) > 0;)
      written.append(block.data(), static_cast<std::size_t>(got));
  });
  CHECK(code == 0);
  return written;
}

}  // namespace

TEST_CASE("a status line is written in place, and messages clear it first") {
  const std::string written = written_by([] {
    ::setenv("TERM", "xterm", 1);
    base::set_up_logging(base::LogStyle::command, spdlog::level::info);
    if (!base::show_status_line("one") || !base::show_status_line("two")) return 1;
    spdlog::warn("talk");
    if (!base::show_status_line("three")) return 1;
    base::clear_status_line();
    base::clear_status_line();
    return 0;
  });
  CHECK(written.starts_with("\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K"));
  CHECK(written.find("talk\r\n\r\x1b[Kthree\r\x1b[K") != std::string::npos);
  CHECK(written.ends_with("three\r\x1b[K"));
}

TEST_CASE("there is none on a terminal that can't clear a line, nor elsewhere") {
  const std::string written = written_by([] {
    ::setenv("TERM", "dumb", 1);
    return base::show_status_line("one") ? 1 : 0;
  });
  CHECK(written.empty());
  CHECK(run_forked([] {
          ::setenv("TERM", "xterm", 1);
          std::array<int, 2> ends{};
          if (::pipe(ends.data()) != 0 || ::dup2(ends[1], STDERR_FILENO) < 0) return 2;
          return base::show_status_line("one") ? 1 : 0;
        }) == 0);
}
