#include "core/uplink/path_probe.hpp"

#include <string>

#include <doctest/doctest.h>

#include "support/delivery_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;

namespace {

using std::chrono::microseconds;

// A path under trial, and the time.
class Scene {
 public:
  // A trial whose pieces left 50 ms apart and arrived `arrived` apart.
  void probe(std::chrono::milliseconds arrived, microseconds answer = 110ms) {
    ProbeReply result = sent(test::make_ack(10, 0));
    std::get<logs::Acknowledgement>(result.reply).received_over = arrived;
    result.answer = answer;
    probe(result);
  }
  void probe(const ProbeReply& result) {
    REQUIRE(path.is_due(now));
    path.begin();
    CHECK_FALSE(path.is_due(now));
    path.on_probe(result, now);
  }
  void answer(const Reply& reply) { path.on_reply(reply, now); }
  void pass(base::SteadyTime::duration time) { now += time; }
  bool has_news(std::string_view words) {
    return path.take_news().value_or("").find(words) != std::string::npos;
  }

  static ProbeReply sent(Reply reply) {
    ProbeReply result;
    result.reply = std::move(reply);
    result.was_sent = true;
    result.second_piece = 50ms;
    result.end = 100ms;
    result.answer = 110ms;
    return result;
  }

  PathProbe path;
  base::SteadyTime now{1000s};
};

// A path that carries streams.
class GoodScene : public Scene {
 public:
  GoodScene() {
    probe(51ms);
    REQUIRE(path.uses_stream());
    static_cast<void>(path.take_news());
  }
  void stream(const Reply& reply, microseconds span = 2s, bool was_fresh = true) {
    path.on_stream({100, 100, span, was_fresh}, reply, now);
  }
};

logs::Acknowledgement stream_ack(std::chrono::milliseconds arrived) {
  logs::Acknowledgement ack = test::make_ack(100, 0);
  ack.received_over = arrived;
  return ack;
}

const Failure kCut{"connection reset"};
const logs::Acknowledgement kAck = test::make_ack(100, 0);

}  // namespace

TEST_CASE("appends come first, and a trial whose pieces arrive as they left brings streams") {
  Scene scene;
  CHECK_FALSE(scene.path.uses_stream());
  CHECK(scene.has_news("begins in short appends"));
  scene.probe(52ms);
  CHECK(scene.path.uses_stream());
  CHECK_FALSE(scene.path.is_due(scene.now + 24h));
  CHECK(scene.has_news("down a stream: pieces sent 50 ms apart arrived 52 ms apart"));
  CHECK_FALSE(scene.path.take_news().has_value());
}

TEST_CASE("pieces that arrive together, or only with the end, are late; a late answer is too") {
  Scene scene;
  static_cast<void>(scene.path.take_news());
  const auto late = [&scene] {
    SUBCASE("together") { scene.probe(0ms); }
    SUBCASE("with the end") { scene.probe(100ms); }
    SUBCASE("the answer") { scene.probe(50ms, 301ms); }
  };
  late();
  // A busy machine may be late once.
  CHECK_FALSE(scene.path.uses_stream());
  CHECK_FALSE(scene.path.take_news().has_value());
  scene.probe(0ms);
  CHECK(scene.has_news("short appends for 10 minutes"));
  scene.pass(10min - 1s);
  CHECK_FALSE(scene.path.is_due(scene.now));
  scene.pass(1s);
  scene.probe(50ms);
  CHECK(scene.path.uses_stream());
}

TEST_CASE("a trial without an answer is the path's fault when the server answers otherwise") {
  for (const Reply& lost : {Reply(kCut), read_reply(200, "<html></html>", {}, "x")}) {
    Scene scene;
    for (int i = 0; i < 2; ++i) {
      scene.probe(Scene::sent(lost));
      CHECK_FALSE(scene.path.is_due(scene.now + 1h));  // first the server must say something
      scene.answer(kAck);
    }
    CHECK(scene.has_news("short appends for 10 minutes: a trial stream failed"));
    CHECK_FALSE(scene.path.is_due(scene.now + 9min));
  }
}

TEST_CASE("a server that is away, busy or says no tells nothing of the path") {
  Scene scene;
  static_cast<void>(scene.path.take_news());
  SUBCASE("away during the trial") {
    for (int i = 0; i < 5; ++i) {
      scene.probe(Scene::sent(kCut));
      scene.answer(Failure{"connection refused"});
      scene.pass(30s);
    }
  }
  SUBCASE("no connection for the trial") {
    for (int i = 0; i < 5; ++i) {
      scene.probe(ProbeReply{Failure{"connection refused"}, false, {}, {}, {}});
      scene.answer(kAck);
      scene.pass(30s);
    }
  }
  SUBCASE("refused") {
    for (const auto kind : {RefusalKind::busy, RefusalKind::gap, RefusalKind::other_writer,
                            RefusalKind::sealed, RefusalKind::not_allowed}) {
      scene.probe(Scene::sent(test::make_refusal(kind)));
      scene.answer(kAck);
      CHECK_FALSE(scene.path.is_due(scene.now));  // not at once again
      scene.pass(30s);
    }
  }
  CHECK_FALSE(scene.path.take_news().has_value());
  scene.probe(50ms);
  CHECK(scene.path.uses_stream());
}

TEST_CASE("streams go on while all of their bytes arrive as they were sent") {
  GoodScene scene;
  scene.stream(stream_ack(1990ms));
  scene.stream(stream_ack(0ms), 300ms);  // too short to tell
  scene.answer(kAck);
  CHECK(scene.path.uses_stream());
}

TEST_CASE("a live stream that arrives all at once has met a buffer") {
  GoodScene scene;
  scene.stream(stream_ack(3ms));
  CHECK_FALSE(scene.path.uses_stream());
  CHECK(scene.has_news("10 minutes: output sent over 2000 ms arrived within 3 ms"));
  scene.pass(10min);
  scene.probe(50ms);
  CHECK(scene.path.uses_stream());
}

TEST_CASE("a stream that was cut, or came short, is the path's fault when the server is there") {
  logs::Acknowledgement is_short = stream_ack(2000ms);
  is_short.offset = 99;
  for (const Reply& lost : {Reply(kCut), Reply(is_short)}) {
    GoodScene scene;
    scene.stream(lost);
    CHECK_FALSE(scene.path.uses_stream());
    scene.answer(kAck);
    CHECK_FALSE(scene.path.uses_stream());
    CHECK(scene.has_news("short appends for 10 minutes"));

    GoodScene away;
    away.stream(lost);
    away.answer(test::make_refusal(RefusalKind::busy));  // it drains
    CHECK(away.path.uses_stream());
    away.answer(kAck);
    CHECK(away.path.uses_stream());
  }
}

TEST_CASE("refusals, streams that never began and connections that were stale are no fault") {
  GoodScene scene;
  scene.stream(test::make_refusal(RefusalKind::gap, 50));
  scene.stream(test::make_refusal(RefusalKind::busy));
  scene.stream(test::make_refusal(RefusalKind::too_large));
  scene.stream(kCut, 0s, /*was_fresh=*/false);
  scene.path.on_stream({0, 0, 0s, true}, kCut, scene.now);  // refused before a byte was sent
  scene.answer(kAck);
  CHECK(scene.path.uses_stream());
}
