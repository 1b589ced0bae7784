// Who owns the log, and what happens to bytes when that changes or a server forgets.
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "core/base/sha256.hpp"
#include "core/uplink/delivery_machine.hpp"
#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using logs::Acknowledgement;
using logs::AckState;
using logs::Offset;

namespace {

const logs::WriterId kOther = logs::WriterId::parse(std::string(32, 'f')).value();

// The window of run-step.
constexpr std::size_t kWindow = 16 * 1024 * 1024;

class Scene : public test::DeliveryScene {
 public:
  Scene() : DeliveryScene(test::delivery_options(buffer::Method::append, kWindow)) {}

  Send send() { return act<Send>(); }
  [[nodiscard]] bool is_done() { return std::holds_alternative<Done>(machine.next(now)); }

  // Announced, "0123456789" sent, of which `durable` bytes are durable and forgotten.
  void send_ten(Offset durable) {
    send();
    reply(test::make_ack(0, 0));
    push("0123456789");
    send();
    reply(test::make_ack(10, durable));
  }
  // The server turns out to have only `offset` bytes: the machine's question under its new id.
  Send lose_to(Offset offset) {
    push("ab");
    send();
    reply(test::make_refusal(RefusalKind::gap, offset));
    return send();
  }
};

}  // namespace

TEST_CASE("a first body that arrives after its repetition only moves the log on") {
  Scene scene;
  scene.send();
  scene.reply(test::make_ack(0, 0));
  scene.push("abcdef");
  scene.send();
  scene.reply(Failure{"cut"});  // a proxy still holds the body
  scene.wait();
  scene.send();
  scene.reply(test::make_ack(2, 0));
  scene.push("ghi");
  CHECK(scene.send().from == 2);
  scene.reply(test::make_ack(6, 6));  // less than this one carried: the other one was being placed
  CHECK(scene.send().from == 6);
  scene.push("jkl");
  scene.reply(test::make_ack(9, 9));
  CHECK(scene.send().from == 9);
}

TEST_CASE("a lost reply to the takeover from ourselves is asked for under the same new id") {
  Scene scene;
  scene.send_ten(8);
  const Send first = scene.lose_to(3);
  scene.reply(Failure{"cut"});
  scene.wait();
  const Send second = scene.send();
  CHECK(second.writer == first.writer);
  CHECK(second.takeover == first.takeover);
  CHECK(second.is_forced);
  scene.reply(test::make_ack(3, 3));
  CHECK(scene.send().from == 3);
  CHECK(scene.machine.outcome().lost == 5);
}

TEST_CASE("bytes that are back when the takeover succeeds are not sent again and not lost") {
  Scene scene;
  scene.send_ten(4);
  scene.lose_to(3);
  scene.reply(test::make_ack(9, 9));
  const Send rest = scene.send();
  CHECK(rest.from == 9);
  CHECK(rest.to == 12);
  CHECK(scene.machine.outcome().lost == 0);
}

TEST_CASE("a zombie whose log another run has taken does not come back under a new id") {
  Scene scene;
  scene.send_ten(8);
  scene.lose_to(3);
  scene.reply(test::make_refusal(RefusalKind::other_writer, 3, kOther));
  scene.machine.end(Ending());
  CHECK(scene.is_done());
  CHECK(scene.machine.outcome().reason == "another run has taken the log over");
}

TEST_CASE("another run in a restored log is waited for, and what it never had is marked as lost") {
  Scene scene;
  scene.send_ten(8);
  scene.push("ab");
  scene.send();
  scene.reply(test::make_refusal(RefusalKind::other_writer, 2, kOther));  // it knows nothing of us
  const Send takeover = scene.send();
  CHECK(takeover.takeover == kOther);
  CHECK_FALSE(takeover.is_forced);
  scene.reply(test::make_ack(2, 2));
  CHECK(scene.send().from == 2);
  CHECK(scene.machine.outcome().lost == 8);
}

TEST_CASE("a refusal that names ourselves as the owner leads to a plain announcement") {
  Scene scene;
  const Send first = scene.send();
  scene.reply(test::make_refusal(RefusalKind::other_writer, 0, first.writer));
  const Send second = scene.send();
  CHECK(second.writer == first.writer);
  CHECK_FALSE(second.takeover.has_value());
}

TEST_CASE("a server that has more than was ever sent ends the upload, not the step") {
  Scene scene;
  scene.send_ten(4);
  scene.push("ab");
  scene.send();
  scene.reply(test::make_ack(500, 500));
  scene.push("goes on");
  scene.machine.end(Ending());
  CHECK(scene.is_done());
  CHECK_FALSE(scene.machine.outcome().is_sealed);
  CHECK(scene.machine.outcome().length == 19);
  CHECK(scene.machine.outcome().durable == 4);
}

TEST_CASE("a server that lost everything after the seal gets a seal of what can be sent again") {
  Scene scene;
  scene.send_ten(10);
  scene.machine.end(Ending());
  CHECK(scene.send().seal.has_value());
  scene.reply(test::make_refusal(RefusalKind::gap, 0));
  CHECK(scene.send().is_forced);
  scene.reply(test::make_ack(0, 0));
  const Send seal = scene.send();
  REQUIRE(seal.seal.has_value());
  CHECK(seal.seal->lost == 10);
  CHECK(seal.from == 0);
  CHECK(seal.seal->length == seal.to);
}

TEST_CASE("the server's word that the step is canceled is heard") {
  Scene scene;
  scene.send();
  Acknowledgement canceled = test::make_ack(0, 0);
  canceled.state = AckState::canceled;
  CHECK_FALSE(scene.machine.is_canceled());
  scene.reply(canceled);
  CHECK(scene.machine.is_canceled());
  scene.push("last words");
  CHECK(scene.send().to == 10);  // they are still delivered
}
