#include "core/uplink/delivery_machine.hpp"

#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using logs::Acknowledgement;
using logs::AckState;
using logs::Offset;

namespace {

const logs::WriterId kOther = logs::WriterId::parse(std::string(32, 'f')).value();

std::string digest_of(std::string_view bytes) {
  base::Sha256 digest;
  digest.update(bytes);
  return digest.hex_digest();
}

class Scene : public test::DeliveryScene {
 public:
  explicit Scene(buffer::Method method, std::size_t window = 1024 * 1024)
      : DeliveryScene(test::delivery_options(method, window)) {}

  void announce(Offset offset = 0, Offset durable = 0) {
    CHECK(act<Send>().is_announcement);
    reply(test::make_ack(offset, durable));
  }
  // Sends all that is pending down a stream.
  void stream_all() {
    act<OpenStream>();
    static_cast<void>(feed());
  }
  void end() {
    Ending ending;
    ending.exit_code = 0;
    machine.end(ending);
  }
};

}  // namespace

TEST_CASE("a delivery is announced, sent, freed when durable, and sealed with its digest") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push("hello\n");
  const Send bytes = scene.act<Send>();
  CHECK(bytes.to - bytes.from == 6);
  scene.reply(test::make_ack(6, 0));
  CHECK(scene.machine.spool().begin() == 0);  // received is not durable
  scene.end();
  const Send seal = scene.act<Send>();
  REQUIRE(seal.seal.has_value());
  CHECK(seal.seal->length == 6);
  CHECK(seal.seal->from == 0);
  CHECK(seal.seal->sha256 == digest_of("hello\n"));
  scene.reply(test::make_ack(6, 6, AckState::sealed));
  scene.act<Done>();
  CHECK(scene.machine.outcome().is_whole);
}

TEST_CASE("a lost reply to an append is answered by asking and going on at the server's offset") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push("abcdef");
  scene.act<Send>();
  scene.reply(Failure{"connection reset"});  // the server had taken it
  scene.wait();
  const Send question = scene.act<Send>();
  CHECK(question.is_announcement);
  CHECK(question.from == question.to);
  CHECK(question.needs_fresh_connection);
  scene.push("ghi");
  scene.reply(test::make_ack(6, 0));
  const Send rest = scene.act<Send>();
  CHECK(rest.from == 6);
  CHECK(rest.to == 9);
}

TEST_CASE("a stream that was cut goes on where the server says, twice the same bytes if need be") {
  Scene scene(buffer::Method::stream);
  scene.announce();
  scene.push("abcdef");
  scene.stream_all();
  scene.reply(Failure{"cut"});
  scene.wait();
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(test::make_ack(2, 0));  // it had come as far as this
  CHECK(scene.act<OpenStream>().from == 2);
}

TEST_CASE("a server killed between offset and durable gets the rest again") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push("stored");
  scene.act<Send>();
  scene.reply(test::make_ack(6, 3));
  CHECK(scene.machine.spool().begin() == 3);
  scene.push(" more");
  scene.act<Send>();
  scene.reply(
      test::make_refusal(RefusalKind::gap, 3));  // restarted: only what was durable is there
  const Send again = scene.act<Send>();
  CHECK(again.from == 3);
  CHECK(again.to == 11);
}

TEST_CASE("a seal whose reply was lost, or that is not stored yet, is sent again") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push("hi");
  scene.end();
  const Send first = scene.act<Send>();
  REQUIRE(first.seal.has_value());
  CHECK(first.to == 2);  // the last bytes travel with it
  SUBCASE("lost") {
    scene.reply(Failure{"cut"});
    scene.wait();
    CHECK(scene.act<Send>().is_announcement);
    SUBCASE("it had arrived") {
      scene.reply(test::make_ack(2, 2, AckState::sealed));
      scene.act<Done>();
      CHECK(scene.machine.outcome().is_whole);
    }
    SUBCASE("it had not") {
      scene.reply(test::make_ack(0, 0));
      CHECK(scene.act<Send>().seal == first.seal);
    }
  }
  SUBCASE("not stored yet") {
    scene.reply(test::make_ack(2, 0));
    CHECK(scene.act<Send>().seal == first.seal);
  }
}

TEST_CASE("a digest that the server contradicts is an end, and not a whole log") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push("hi");
  scene.end();
  scene.act<Send>();
  scene.reply(test::make_ack(2, 2, AckState::incomplete));
  scene.act<Done>();
  CHECK(scene.machine.outcome().is_sealed);
  CHECK_FALSE(scene.machine.outcome().is_whole);
}

TEST_CASE(
    "a server that lost durable bytes is taken over from ourselves, with a line that says so") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push("0123456789");
  const logs::WriterId before = scene.act<Send>().writer;
  scene.reply(test::make_ack(10, 8));
  scene.push("ab");
  scene.act<Send>();
  scene.reply(test::make_refusal(RefusalKind::gap, 2));  // restored from a backup
  const Send takeover = scene.act<Send>();
  CHECK(takeover.is_announcement);
  CHECK(takeover.takeover == before);
  CHECK(takeover.is_forced);
  CHECK(takeover.writer != before);
  scene.reply(test::make_ack(2, 2));
  const auto& buffer = scene.machine.spool();
  CHECK(buffer.begin() == 2);
  std::string text;
  for (const auto& slice : buffer.slices(2, 1000)) text += slice.bytes();
  CHECK(text.find("lost 6 bytes") != std::string::npos);
  CHECK(text.ends_with("89ab"));
  scene.end();
  const Send seal = scene.act<Send>();
  REQUIRE(seal.seal.has_value());
  CHECK(seal.seal->from == 2);
  CHECK(seal.seal->lost == 6);
  CHECK(seal.seal->length == 2 + text.size());
  CHECK(seal.seal->sha256 == digest_of(text));
  scene.reply(test::make_ack(2 + text.size(), 2 + text.size(), AckState::sealed));
  CHECK_FALSE(scene.machine.outcome().is_whole);
}

TEST_CASE("a log that another run owns is taken over when the server allows it") {
  Scene scene(buffer::Method::append);
  scene.push("mine");
  scene.act<Send>();
  Refusal owned = test::make_refusal(RefusalKind::other_writer, 100);
  owned.writer = kOther;
  scene.reply(owned);
  CHECK(scene.act<Send>().takeover == kOther);
  scene.reply(owned);  // heard within 30 s
  const base::SteadyTime before = scene.now;
  scene.wait();
  CHECK(scene.now - before == 5s);
  CHECK(scene.act<Send>().takeover == kOther);
  scene.reply(test::make_ack(100, 100));
  const Send bytes = scene.act<Send>();
  CHECK(bytes.from == 100);
  CHECK(bytes.to == 104);
  scene.reply(test::make_ack(104, 104));
  scene.end();
  const Send seal = scene.act<Send>();
  CHECK(seal.seal->from == 100);
  CHECK(seal.seal->sha256 == digest_of("mine"));
}

TEST_CASE("a zombie stops for good and the step goes on") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push("abc");
  scene.act<Send>();
  scene.reply(test::make_refusal(RefusalKind::rejected));  // replaced, diverged, 410
  CHECK(scene.act<Wait>().until == base::SteadyTime::max());
  scene.push(std::string(10'000'000, 'x'));
  CHECK_FALSE(scene.machine.is_full());  // the child is not held up by what nobody takes
  scene.end();
  scene.act<Done>();
  CHECK_FALSE(scene.machine.outcome().is_sealed);
  CHECK(scene.machine.outcome().reason == "refused");
  CHECK(scene.machine.outcome().is_refused);
}

TEST_CASE("failures back off from 50 ms to 5 s, and one success begins anew") {
  Scene scene(buffer::Method::append);
  std::vector<std::chrono::milliseconds> pauses;
  for (int i = 0; i < 10; ++i) {
    scene.act<Send>();
    scene.reply(Failure{"refused"});
    const base::SteadyTime before = scene.now;
    scene.wait();
    pauses.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(scene.now - before));
  }
  CHECK(pauses.front() == 25ms);  // the lower half: the lot is 0
  CHECK(pauses[1] == 50ms);
  CHECK(pauses.back() == 2500ms);
  CHECK(scene.machine.is_failing());
  scene.announce();
  CHECK_FALSE(scene.machine.is_failing());
  scene.push("x");
  scene.act<Send>();
  scene.reply(Failure{"refused"});
  const base::SteadyTime before = scene.now;
  scene.wait();
  CHECK(scene.now - before == 25ms);
}

TEST_CASE("a body that is too large is halved, and never below 4 KiB") {
  Scene scene(buffer::Method::append);
  scene.announce();
  scene.push(std::string(300 * 1024, 'x'));
  std::vector<Offset> sizes;
  for (int i = 0; i < 8; ++i) {
    const Send send = scene.act<Send>();
    if (send.is_announcement) {
      scene.reply(test::make_ack(0, 0));
      continue;
    }
    sizes.push_back(send.to - send.from);
    scene.reply(test::make_refusal(RefusalKind::too_large));
  }
  CHECK(sizes == std::vector<Offset>{262144, 131072, 65536, 32768});
}

TEST_CASE("without permission it asks again every 30 s and warns once") {
  Scene scene(buffer::Method::append);
  int warnings = 0;
  for (int i = 0; i < 3; ++i) {
    scene.act<Send>();
    scene.reply(test::make_refusal(RefusalKind::not_allowed));
    for (const Notice& notice : scene.machine.take_notices()) warnings += notice.is_warning;
    const base::SteadyTime before = scene.now;
    scene.wait();
    CHECK(scene.now - before == 30s);
  }
  CHECK(warnings == 1);
}

TEST_CASE("with another token it asks soon, and nobody is warned") {
  Scene scene(buffer::Method::append);
  scene.act<Send>();
  Refusal refusal = test::make_refusal(RefusalKind::not_allowed);
  refusal.has_new_token = true;
  scene.reply(refusal);
  for (const Notice& notice : scene.machine.take_notices()) CHECK_FALSE(notice.is_warning);
  const base::SteadyTime before = scene.now;
  scene.wait();
  CHECK(scene.now - before == 25ms);
  scene.announce();
}

TEST_CASE("a busy server is given the time it asks for") {
  Scene scene(buffer::Method::append);
  scene.act<Send>();
  Refusal busy = test::make_refusal(RefusalKind::busy);
  busy.retry_after = 7s;
  scene.reply(busy);
  const base::SteadyTime before = scene.now;
  scene.wait();
  CHECK(scene.now - before == 7s);
}

TEST_CASE("a silent writer gives a sign of life in time") {
  Scene scene(buffer::Method::stream);
  scene.announce();
  const base::SteadyTime before = scene.now;
  scene.wait();
  CHECK(scene.now - before < 15s);
  CHECK(scene.act<Send>().from == 0);
}

TEST_CASE("appends keep the pause that the server asks for, but the first bytes go at once") {
  Scene scene(buffer::Method::append);
  CHECK(scene.act<Send>().is_announcement);
  Acknowledgement slow = test::make_ack(0, 0);
  slow.interval = 1000ms;
  scene.reply(slow);
  scene.push("a");
  scene.act<Send>();
  slow.offset = 1;
  scene.reply(slow);
  scene.push("b");
  const base::SteadyTime before = scene.now;
  scene.wait();
  CHECK(scene.now - before == 1000ms);
  CHECK(scene.act<Send>().from == 1);
}

TEST_CASE("a full window asks for durable bytes and then goes on") {
  Scene scene(buffer::Method::append, 4096);
  scene.announce();
  scene.push(std::string(4096, 'x'));
  CHECK(scene.machine.is_full());
  const Send bytes = scene.act<Send>();
  CHECK(bytes.wants_durable);
  scene.reply(test::make_ack(4096, 0));
  CHECK(scene.machine.is_full());
  const Send question = scene.act<Send>();
  CHECK(question.wants_durable);
  CHECK(question.from == question.to);
  scene.reply(test::make_ack(4096, 4096));
  CHECK_FALSE(scene.machine.is_full());
  CHECK(scene.machine.spool().memory() == 0);
}

TEST_CASE("a stream closes after two seconds of silence") {
  Scene scene(buffer::Method::stream);
  scene.announce();
  scene.push("abc");
  scene.stream_all();
  const StreamStep idle = scene.machine.next_upload(scene.now);
  CHECK(idle.kind == StreamStep::Kind::pause);
  scene.now += 2s;
  CHECK(scene.machine.next_upload(scene.now).kind == StreamStep::Kind::close);
}
