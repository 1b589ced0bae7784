// The two ways that gather: time chunks and byte chunks.
#include <string>

#include <doctest/doctest.h>

#include "core/uplink/delivery_machine.hpp"
#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using test::make_ack;

namespace {

using Scene = test::AnnouncedScene;

DeliveryOptions time_chunks() { return test::delivery_options(buffer::Method::time_chunks); }
DeliveryOptions byte_chunks() { return test::delivery_options(buffer::Method::byte_chunks); }

}  // namespace

TEST_CASE("a time chunk leaves a second after its first byte, with all that came meanwhile") {
  Scene scene(time_chunks());
  scene.push(10);
  scene.now += 400ms;
  scene.push(20);
  CHECK(scene.wait() == 600ms);
  CHECK(scene.act<Send>().to == 30);
}

TEST_CASE("bytes that come while a time chunk is in flight wait their own interval") {
  DeliveryOptions options = time_chunks();
  options.flush_interval = 300ms;
  Scene scene(options);
  scene.push(10);
  CHECK(scene.wait() == 300ms);
  scene.act<Send>();
  scene.now += 100ms;
  scene.push(5);
  scene.now += 50ms;
  scene.reply(make_ack(10, 0));
  CHECK(scene.wait() == 250ms);
  CHECK(scene.act<Send>().from == 10);
}

TEST_CASE("what the server asks for does not move a time chunk") {
  Scene scene(time_chunks());
  scene.push(1);
  scene.wait();
  scene.act<Send>();
  logs::Acknowledgement slow = make_ack(1, 1);
  slow.interval = 5000ms;
  scene.reply(slow);
  scene.push(1);
  CHECK(scene.wait() == 1s);
}

TEST_CASE("a time chunk that one append can't carry goes in several, without a pause") {
  Scene scene(time_chunks());
  scene.push(300 * 1024);
  CHECK(scene.wait() == 1s);
  CHECK(scene.act<Send>().to == 256 * 1024);
  scene.reply(make_ack(256 * 1024, 256 * 1024));
  CHECK(scene.act<Send>().to == 300 * 1024);
}

TEST_CASE("a time chunk that was lost is not held up by what came later") {
  Scene scene(time_chunks());
  scene.push(10);
  scene.wait();
  scene.act<Send>();
  scene.push(10);
  scene.reply(Failure{"cut"});
  scene.wait();  // the back-off
  scene.act<Send>();
  scene.reply(make_ack(0, 0));
  CHECK(scene.act<Send>().to == 20);
}

TEST_CASE("byte chunks wait for more than --flush-bytes, however long that takes") {
  Scene scene(byte_chunks());
  scene.push(1000);
  scene.now += 9s;
  CHECK(scene.wait() == 1s);  // for a sign of life
  const Send sign = scene.act<Send>();
  CHECK(sign.from == sign.to);
  scene.reply(make_ack(0, 0));
  scene.push(1);
  CHECK(scene.act<Send>().to == 1001);

  DeliveryOptions options = byte_chunks();
  options.flush_bytes = 10;
  Scene small(options);
  small.push(11);
  CHECK(small.act<Send>().to == 11);
}

TEST_CASE("the rest of byte chunks travels with the seal") {
  Scene scene(byte_chunks());
  scene.push(1);
  scene.machine.end({});
  const Send seal = scene.act<Send>();
  CHECK(seal.to == 1);
  CHECK(seal.seal.has_value());
}

TEST_CASE("chunks that gather do not let the window fill") {
  Scene scene(test::delivery_options(buffer::Method::time_chunks, 64 * 1024));
  scene.push(40 * 1024);
  CHECK(scene.act<Send>().to == 40 * 1024);
}
