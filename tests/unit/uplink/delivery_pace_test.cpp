// When the next request goes and how much it carries.
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "core/uplink/delivery_machine.hpp"
#include "support/delivery_scene.hpp"
#include "support/spool_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using logs::Acknowledgement;
using logs::Offset;

namespace {

constexpr std::size_t kWindow = 1024 * 1024;

Acknowledgement ack(Offset offset, Offset durable, std::chrono::milliseconds interval = 0ms) {
  Acknowledgement answer = test::make_ack(offset, durable);
  answer.interval = interval;
  return answer;
}

Refusal too_large() { return test::make_refusal(RefusalKind::too_large); }

DeliveryOptions options_of(buffer::Method method) {
  return test::delivery_options(method, kWindow);
}

using Scene = test::AnnouncedScene;

}  // namespace

TEST_CASE("one append is in flight and gathers what comes meanwhile") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(10);
  CHECK(scene.act<Send>().to == 10);
  scene.push(20);
  scene.push(30);
  scene.reply(ack(10, 0));
  const Send next = scene.act<Send>();
  CHECK(next.from == 10);
  CHECK(next.to == 60);
}

TEST_CASE("an append carries at most 256 KiB, and a full one does not wait for the pause") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(1);
  scene.act<Send>();
  scene.reply(ack(1, 1, 1000ms));
  scene.push(300 * 1024);
  const Send full = scene.act<Send>();
  CHECK(full.to - full.from == 256 * 1024);
  scene.reply(ack(full.to, full.to, 1000ms));
  CHECK(scene.wait() == 1000ms);
}

TEST_CASE("--flush-interval takes the place of the pause that the server asks for") {
  DeliveryOptions options = options_of(buffer::Method::append);
  options.flush_interval = 200ms;
  Scene scene(options);
  scene.push(1);
  scene.act<Send>();
  scene.reply(ack(1, 1, 1000ms));
  scene.push(1);
  CHECK(scene.wait() == 200ms);
}

TEST_CASE("the first bytes after a long silence go at once whatever the pause is") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(1);
  scene.act<Send>();
  scene.reply(ack(1, 1, 1000ms));
  scene.now += 5s;
  scene.push(1);
  CHECK(scene.act<Send>().from == 1);
}

TEST_CASE("the pause counts from the answer, not from when the append left") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(1);
  scene.act<Send>();
  scene.now += 300ms;
  scene.push(1);
  scene.reply(ack(1, 1, 1000ms));
  CHECK(scene.wait() == 1000ms);
}

TEST_CASE("an announcement does not hold up the first bytes") {
  Scene scene(options_of(buffer::Method::append));
  scene.now += 10s;
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(ack(0, 0, 1000ms));
  scene.push(1);
  CHECK(scene.act<Send>().to == 1);
}

TEST_CASE("a server that takes nothing is asked again after its interval") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(100);
  scene.act<Send>();
  scene.reply(ack(0, 0, 50ms));
  CHECK(scene.wait() == 50ms);
  CHECK(scene.act<Send>().from == 0);
}

TEST_CASE("no stream is open while the step is silent") {
  Scene scene(options_of(buffer::Method::stream));
  CHECK(scene.wait() == 10s);
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(ack(0, 0));
  scene.push(1);
  CHECK(scene.act<OpenStream>().from == 0);
}

TEST_CASE(
    "at full speed a stream ends at a quarter of the window, and asks for durable bytes from half on") {
  Scene scene(options_of(buffer::Method::stream));
  scene.push(kWindow / 8);
  CHECK_FALSE(scene.act<OpenStream>().wants_durable);
  CHECK(scene.feed().kind == StreamStep::Kind::pause);
  scene.push(kWindow / 2);
  CHECK(scene.feed().kind == StreamStep::Kind::close);
  scene.reply(ack(kWindow / 8, 0));
  CHECK(scene.act<OpenStream>().wants_durable);
  CHECK(scene.feed().kind == StreamStep::Kind::close);
  scene.reply(ack(kWindow * 3 / 8, kWindow / 8));
  CHECK(scene.act<OpenStream>().wants_durable);
  CHECK(scene.feed().kind == StreamStep::Kind::close);
  scene.reply(ack(kWindow * 5 / 8, kWindow * 5 / 8));
  CHECK(scene.machine.spool().memory() == 0);
  // Still fast: the next one asks from the start, so that the window never stands still.
  scene.push(10);
  CHECK(scene.act<OpenStream>().wants_durable);
}

TEST_CASE(
    "with a spool its limit is the room: streams of 16 MiB that ask for nothing until it is half full") {
  constexpr std::size_t kMebibyte = 1024 * 1024;
  test::SpoolScene spool;
  Scene scene(test::delivery_options(buffer::Method::stream, 16 * kMebibyte),
              HeldLog(std::move(spool.spool)));
  for (int i = 0; i < 20; ++i) scene.push(kMebibyte);
  CHECK_FALSE(scene.act<OpenStream>().wants_durable);
  CHECK(scene.feed().kind == StreamStep::Kind::close);
  CHECK(scene.machine.sent_until() == 16 * kMebibyte);
  scene.reply(ack(16 * kMebibyte, 0));
  CHECK_FALSE(scene.act<OpenStream>().wants_durable);
  CHECK(scene.feed().kind == StreamStep::Kind::pause);
  for (int i = 0; i < 13; ++i) scene.push(kMebibyte);
  CHECK(scene.feed().kind == StreamStep::Kind::close);
  scene.reply(ack(20 * kMebibyte, 0));
  CHECK(scene.act<OpenStream>().wants_durable);
}

TEST_CASE("appends ask too when all is sent and the file is half full of little records") {
  test::SpoolScene spool;
  Scene scene(test::delivery_options(buffer::Method::append, 16 << 20),
              HeldLog(std::move(spool.spool)));
  Offset sent = 0;
  bool has_asked = false;
  // 132 bytes of file for 100 of the log.
  for (std::size_t i = 0; i != test::kSpoolLimit / 132 && !has_asked; ++i) {
    scene.push(100);
    if (i % 1000 != 0) continue;
    const Send send = scene.act<Send>();
    has_asked = send.wants_durable;
    sent = send.to;
    scene.reply(ack(sent, 0));
  }
  CHECK(has_asked);
  CHECK(sent < test::kSpoolLimit / 2);
}

TEST_CASE("sending is behind when more than half a MiB waits to be sent") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(512 * 1024);
  CHECK_FALSE(scene.machine.is_behind());
  scene.push(1);
  CHECK(scene.machine.is_behind());
  const Send send = scene.act<Send>();
  CHECK(scene.machine.sent_until() == send.to);
  CHECK_FALSE(scene.machine.is_behind());
  // What has to be sent again waits again.
  scene.reply(test::make_refusal(RefusalKind::busy));
  CHECK(scene.machine.is_behind());
}

TEST_CASE("appends ask for durable bytes by what is sent, not by what still gathers") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(kWindow);
  std::vector<bool> asked;
  for (Offset sent = 0; sent < kWindow; sent += 256 * 1024) {
    asked.push_back(scene.act<Send>().wants_durable);
    scene.reply(ack(sent + 256 * 1024, 0));
  }
  CHECK(asked == std::vector<bool>{false, false, true, true});
}

TEST_CASE("a body limit in between makes streams shorter too") {
  Scene scene(options_of(buffer::Method::stream));
  scene.push(100 * 1024);
  scene.act<OpenStream>();
  scene.feed();
  scene.reply(too_large());
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(ack(0, 0));
  scene.act<OpenStream>();
  const StreamStep step = scene.machine.next_upload(scene.now);
  CHECK(step.to - step.from == 50 * 1024);
}

TEST_CASE("a body limit in between makes appends shorter, down to 4 KiB") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(kWindow);
  std::vector<Offset> sizes;
  for (int i = 0; i < 8; ++i) {
    const Send send = scene.act<Send>();
    sizes.push_back(send.to - send.from);
    scene.reply(too_large());
    if (scene.machine.is_failing()) scene.wait();
    scene.act<Send>();
    scene.reply(ack(0, 0));
  }
  CHECK(sizes.front() == 256 * 1024);
  CHECK(sizes[6] == 4 * 1024);
  CHECK(sizes.back() == 4 * 1024);
}

TEST_CASE("a stream after one that was cut never takes a kept-alive connection") {
  Scene scene(options_of(buffer::Method::stream));
  scene.push(10);
  CHECK_FALSE(scene.act<OpenStream>().needs_fresh_connection);
  scene.feed();
  scene.reply(Failure{"cut"});
  scene.wait();
  scene.act<Send>();
  scene.reply(ack(0, 0));
  CHECK(scene.act<OpenStream>().needs_fresh_connection);
  scene.feed();
  scene.reply(ack(10, 0));
  scene.push(1);
  CHECK_FALSE(scene.act<OpenStream>().needs_fresh_connection);
}

TEST_CASE("a seal that was too large with its last bytes follows them instead") {
  Scene scene(options_of(buffer::Method::append));
  scene.push(100 * 1024);
  scene.machine.end(Ending());
  CHECK(scene.act<Send>().seal.has_value());
  scene.reply(too_large());
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(ack(0, 0));
  const Send bytes = scene.act<Send>();
  CHECK_FALSE(bytes.seal.has_value());
  scene.reply(ack(bytes.to, 0));
  CHECK(scene.act<Send>().seal.has_value());
}

TEST_CASE("a page of somebody else's with status 200 is no success") {
  Scene scene(options_of(buffer::Method::stream));
  scene.push(10);
  scene.act<OpenStream>();
  scene.feed();
  scene.reply(read_reply(200, "<html>maintenance</html>", {}, "octocat/hello/42/steps/3"));
  CHECK(scene.machine.is_failing());
  CHECK(scene.wait() == 25ms);
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(ack(0, 0));
  CHECK(scene.act<OpenStream>().from == 0);
}

TEST_CASE("streams that are always cut are spaced out although the questions between succeed") {
  Scene scene(options_of(buffer::Method::stream));
  scene.push(10);
  base::SteadyTime::duration pause = 0ms;
  for (int i = 0; i < 8; ++i) {
    scene.act<OpenStream>();
    scene.feed();
    scene.reply(Failure{"cut"});
    pause = scene.wait();
    scene.act<Send>();
    scene.reply(ack(0, 0));
  }
  CHECK(pause == 2500ms);
}

TEST_CASE(
    "a delivery that is given up is done once the output has ended, and says what is missing") {
  Scene scene(options_of(buffer::Method::stream));
  scene.push(10);
  scene.act<OpenStream>();
  scene.feed();
  scene.reply(Failure{"connection refused"});
  scene.machine.give_up("the time is up");
  scene.push(5);
  CHECK(scene.act<Wait>().until == base::SteadyTime::max());
  scene.machine.end(Ending());
  scene.act<Done>();
  const Outcome outcome = scene.machine.outcome();
  CHECK_FALSE(outcome.is_whole);
  CHECK(outcome.length == 15);
  CHECK(outcome.durable == 0);
  CHECK(outcome.reason == "connection refused");
  CHECK_FALSE(outcome.is_refused);
}
