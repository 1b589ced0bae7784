// Method websocket: what the machine says down a socket, and where it goes when that ends.
#include <string>

#include <doctest/doctest.h>

#include "core/uplink/delivery_machine.hpp"
#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using Kind = SocketStep::Kind;

namespace {

const Reply kCut = Failure{"cut"};

class Scene : public test::DeliveryScene {
 public:
  explicit Scene(std::size_t window_bytes = 1024 * 1024)
      : DeliveryScene(test::delivery_options(buffer::Method::websocket, window_bytes)) {}

  // The announcement, answered, and the socket behind it.
  void open(logs::Offset offset = 0, logs::Offset durable = 0) {
    CHECK(act<Send>().is_announcement);
    reply(test::make_ack(offset, durable));
    act<OpenSocket>();
    machine.on_socket(SocketPlan::Event::connected);
    machine.on_interim(test::make_ack(offset, durable), now);
  }
  SocketStep say() { return machine.next_message(now); }
  // Sends all there is.
  void send_all() {
    while (true) {
      const SocketStep step = say();
      if (step.kind != Kind::output) break;
      machine.on_output(step.to);
    }
  }
  void fail() {
    reply(kCut);
    CHECK(wait() < 100ms);
  }
};

Ending success() {
  Ending ending;
  ending.exit_code = 0;
  return ending;
}

}  // namespace

TEST_CASE("a socket is opened behind the announcement, before there is anything to send") {
  Scene scene;
  scene.open();
  CHECK(scene.say().kind == Kind::pause);
  scene.push("hello\n");
  const SocketStep step = scene.say();
  CHECK(step.kind == Kind::output);
  CHECK(step.to == 6);
}

TEST_CASE("acknowledgements of an open socket free what is durable") {
  Scene scene;
  scene.open();
  scene.push("hello\n");
  scene.send_all();
  scene.machine.on_interim(test::make_ack(6, 4), scene.now);
  CHECK(scene.machine.spool().begin() == 4);
  CHECK(scene.machine.outcome().durable == 4);
}

TEST_CASE("the seal travels over the open socket, and its answer is the end") {
  Scene scene;
  scene.open();
  scene.push("hello\n");
  scene.send_all();
  scene.machine.end(success());
  CHECK(scene.say().kind == Kind::seal);
  CHECK(scene.machine.make_seal().length == 6);
  scene.reply(test::make_ack(6, 6, logs::AckState::sealed));
  scene.act<Done>();
  CHECK(scene.machine.outcome().is_whole);
}

TEST_CASE("a server that contradicts the seal ends the log as incomplete") {
  Scene scene;
  scene.open();
  scene.machine.end(success());
  CHECK(scene.say().kind == Kind::seal);
  scene.reply(test::make_ack(0, 0, logs::AckState::incomplete));
  scene.act<Done>();
  CHECK_FALSE(scene.machine.outcome().is_whole);
}

TEST_CASE("a socket that breaks is opened again where the server says, and so is the seal's") {
  Scene scene;
  scene.open();
  scene.push("hello\n");
  scene.send_all();
  scene.machine.on_interim(test::make_ack(3, 0), scene.now);
  scene.fail();
  scene.open(3);
  SocketStep step = scene.say();
  CHECK(step.kind == Kind::output);
  CHECK(step.from == 3);
  scene.send_all();
  scene.machine.on_interim(test::make_ack(6, 0), scene.now);
  scene.machine.end(success());
  CHECK(scene.say().kind == Kind::seal);
  scene.fail();
  // The answer may have been lost behind the seal: an append asks, as for all methods.
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(test::make_ack(6, 6, logs::AckState::sealed));
  scene.act<Done>();
  CHECK(scene.machine.outcome().is_whole);
}

TEST_CASE("an upgrade that does not pass makes way for appends at the same offset") {
  Scene scene;
  CHECK(scene.act<Send>().is_announcement);
  scene.push("hello\n");
  scene.reply(test::make_ack(0, 0));
  scene.act<OpenSocket>();
  scene.machine.on_socket(SocketPlan::Event::connected);
  scene.fail();
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(test::make_ack(0, 0));
  const Send send = scene.act<Send>();
  CHECK(send.from == 0);
  CHECK(send.to == 6);
  scene.reply(test::make_ack(6, 6));
  bool has_said = false;
  for (const Notice& notice : scene.machine.take_notices())
    has_said = has_said || notice.text.find("short appends for 10 minutes") != std::string::npos;
  CHECK(has_said);
  scene.now += 10min;
  scene.act<OpenSocket>();
}

TEST_CASE("a gap on the socket goes on at the server's offset without a new announcement") {
  Scene scene;
  scene.open();
  scene.push("hello\n");
  scene.send_all();
  scene.machine.on_interim(test::make_ack(4, 0), scene.now);
  scene.reply(test::make_refusal(RefusalKind::gap, 2));
  scene.act<OpenSocket>();
  scene.machine.on_interim(test::make_ack(2, 0), scene.now);
  CHECK(scene.say().from == 2);
}

TEST_CASE("a writer that another one replaced on its open socket stops") {
  Scene scene;
  scene.open();
  scene.push("hello\n");
  scene.send_all();
  scene.reply(test::make_refusal(RefusalKind::rejected));
  CHECK(scene.machine.outcome().is_refused);
  CHECK(scene.say().kind == Kind::close);
}

TEST_CASE("an owner met on the way in is taken over as with appends") {
  Scene scene;
  const auto other = logs::WriterId::make_random();
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(test::make_ack(0, 0));
  scene.act<OpenSocket>();
  scene.reply(test::make_refusal(RefusalKind::other_writer, 7, other));
  CHECK(scene.act<Send>().takeover == other);
  scene.reply(test::make_ack(7, 7));
  scene.act<OpenSocket>();
}

TEST_CASE("a hello with less than was durable closes the socket, and the log is taken over") {
  Scene scene;
  scene.open();
  scene.push("hello\n");
  scene.send_all();
  scene.machine.on_interim(test::make_ack(6, 6), scene.now);
  scene.fail();
  CHECK(scene.act<Send>().is_announcement);
  scene.reply(test::make_ack(6, 6));
  scene.act<OpenSocket>();
  scene.machine.on_interim(test::make_ack(2, 2), scene.now);
  CHECK(scene.say().kind == Kind::close);
  scene.fail();
  const Send send = scene.act<Send>();
  CHECK(send.takeover.has_value());
  CHECK(send.is_forced);
}

TEST_CASE("a full window asks for durable bytes down the socket") {
  Scene scene(64 * 1024);
  scene.open();
  scene.push(std::string(60 * 1024, 'x'));
  SocketStep step = scene.say();
  CHECK(step.kind == Kind::output);
  scene.machine.on_output(step.to);
  CHECK(scene.say().kind == Kind::wish);
  CHECK(scene.say().kind == Kind::pause);
}

TEST_CASE("a delivery that is given up closes its socket") {
  Scene scene;
  scene.open();
  scene.machine.give_up("the time is up");
  CHECK(scene.say().kind == Kind::close);
}
