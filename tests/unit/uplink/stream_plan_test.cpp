#include "core/uplink/stream_plan.hpp"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::uplink;
using Kind = StreamStep::Kind;

namespace {

constexpr base::SteadyTime kStart{1000s};

StreamView view(logs::Offset end) {
  StreamView now;
  now.end = end;
  return now;
}

}  // namespace

TEST_CASE("a stream hands over all that is there, then pauses until the end of its silence") {
  StreamPlan plan(10, 1000, false, kStart);
  const StreamStep bytes = plan.step(view(40), kStart);
  CHECK(bytes.kind == Kind::bytes);
  CHECK(bytes.from == 10);
  CHECK(bytes.to == 40);
  plan.on_sent(40, kStart + 1s);
  const StreamStep pause = plan.step(view(40), kStart + 1s);
  CHECK(pause.kind == Kind::pause);
  CHECK(pause.until == kStart + 3s);
  CHECK(plan.step(view(40), kStart + 3s).kind == Kind::close);
  CHECK_FALSE(plan.was_fast());
  // Closed is closed, whatever comes.
  CHECK(plan.step(view(50), kStart + 3s).kind == Kind::close);
}

TEST_CASE("a stream that is never silent ends after ten seconds") {
  StreamPlan plan(0, 1'000'000, false, kStart);
  for (int second = 0; second < 10; ++second) {
    const base::SteadyTime now = kStart + std::chrono::seconds(second);
    const StreamStep step = plan.step(view(static_cast<logs::Offset>(second) + 1), now);
    REQUIRE(step.kind == Kind::bytes);
    plan.on_sent(step.to, now);
  }
  CHECK(plan.step(view(10), kStart + 9500ms).until == kStart + 10s);
  CHECK(plan.step(view(11), kStart + 10s).kind == Kind::close);
}

TEST_CASE("a stream takes no more bytes than it may, and says that it was fast") {
  StreamPlan plan(0, 100, false, kStart);
  const StreamStep step = plan.step(view(150), kStart);
  CHECK(step.to == 100);
  plan.on_sent(60, kStart);
  CHECK(plan.step(view(150), kStart).to == 100);
  plan.on_sent(100, kStart);
  CHECK(plan.step(view(150), kStart).kind == Kind::close);
  CHECK(plan.was_fast());
  CHECK(plan.sent() == 100);
}

TEST_CASE("a stream that did not ask for durable bytes makes way for one that does") {
  StreamView half = view(50);
  half.wants_durable = true;
  StreamPlan plain(0, 100, false, kStart);
  CHECK(plain.step(half, kStart).kind == Kind::bytes);  // not without having sent anything
  plain.on_sent(10, kStart);
  CHECK(plain.step(half, kStart).kind == Kind::close);
  CHECK(plain.was_fast());
  StreamPlan durable(0, 100, true, kStart);
  durable.on_sent(10, kStart);
  CHECK(durable.step(half, kStart).kind == Kind::bytes);
}

TEST_CASE(
    "a stream closes at once when the child waits or the output has ended, but sends all first") {
  for (const bool is_full : {true, false}) {
    CAPTURE(is_full);
    StreamPlan plan(0, 100, true, kStart);
    StreamView last = view(5);
    (is_full ? last.is_full : last.has_ended) = true;
    CHECK(plan.step(last, kStart).kind == Kind::bytes);
    plan.on_sent(5, kStart);
    CHECK(plan.step(last, kStart).kind == Kind::close);
    CHECK(plan.was_fast() == is_full);
  }
}
