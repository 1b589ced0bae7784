#include "core/async/deadline.hpp"

#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

namespace vela::async {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

TEST_CASE("a limit that passes is told once") {
  boost::asio::io_context loop;
  int expired = 0;
  Deadline deadline(loop.get_executor(), [&expired] { ++expired; });
  deadline.set(1ms);
  CHECK_FALSE(deadline.has_expired());
  loop.run();
  CHECK(expired == 1);
  CHECK(deadline.has_expired());

  deadline.set(0ms);
  CHECK_FALSE(deadline.has_expired());
  loop.restart();
  loop.run();
  CHECK(expired == 2);
}

TEST_CASE("a limit that is moved away or cleared does not pass") {
  boost::asio::io_context loop;
  int expired = 0;
  Deadline deadline(loop.get_executor(), [&expired] { ++expired; });
  deadline.set(0ms);
  SUBCASE("moved away") { deadline.set(1h); }
  SUBCASE("cleared") { deadline.clear(); }
  loop.run_one();  // the timer of the first limit
  CHECK(expired == 0);
  CHECK_FALSE(deadline.has_expired());
}

TEST_CASE("a limit can be moved nearer") {
  boost::asio::io_context loop;
  int expired = 0;
  Deadline deadline(loop.get_executor(), [&expired] { ++expired; });
  deadline.set(1h);
  deadline.set(1ms);
  loop.run();
  CHECK(expired == 1);
}

TEST_CASE("the timer of a limit that was moved serves the later one") {
  boost::asio::io_context loop;
  int expired = 0;
  Deadline deadline(loop.get_executor(), [&expired] { ++expired; });
  deadline.set(0ms);
  deadline.set(1ms);
  loop.run();
  CHECK(expired == 1);
}

TEST_CASE("a limit may be set anew by what its end calls") {
  boost::asio::io_context loop;
  int expired = 0;
  std::unique_ptr<Deadline> deadline;
  deadline = std::make_unique<Deadline>(loop.get_executor(), [&] {
    if (++expired < 3) deadline->set(0ms);
  });
  deadline->set(0ms);
  loop.run();
  CHECK(expired == 3);
}

TEST_CASE("nothing is called once the deadline is gone") {
  boost::asio::io_context loop;
  int expired = 0;
  auto deadline = std::make_unique<Deadline>(loop.get_executor(), [&expired] { ++expired; });
  deadline->set(0ms);
  deadline.reset();
  loop.run();
  CHECK(expired == 0);
}

}  // namespace
}  // namespace vela::async
