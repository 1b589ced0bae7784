// A log whose bytes are taken away, and what may come after it.
#include <string>

#include <doctest/doctest.h>

#include "support/live_log_scene.hpp"

using namespace vela::test;

namespace {

constexpr vela::store::LogKey kNewKey = 8;

std::optional<Refusal> claim_anew(Scene& scene, const WriterId& writer) {
  WriterClaim claim;
  claim.writer = writer;
  return scene.log().claim(claim, kNewKey, scene.now());
}

void write_sealed(Scene& scene) {
  REQUIRE_FALSE(scene.claim(kWriter).has_value());
  REQUIRE_FALSE(scene.place(kWriter, 0, "hello\n").has_value());
  REQUIRE_FALSE(scene.seal(kWriter, "hello\n").has_value());
  scene.store();
}

}  // namespace

TEST_CASE("a deleted log has no bytes, and ends once the deletion is stored") {
  Scene scene;
  write_sealed(scene);
  const Cursor seen{scene.log().record().generation.number, 6};
  scene.log().erase(scene.now());
  CHECK(scene.log().received() == 0);
  CHECK(scene.log().resume_point(seen) == 0);
  CHECK(scene.log().record().generation.number == seen.generation + 1);
  CHECK_FALSE(scene.log().has_ended());
  CHECK(scene.log().has_unstored());
  scene.store();
  CHECK(scene.log().has_ended());
  CHECK(scene.log().state() == LogState::incomplete);
  CHECK(scene.log().verdict().reason == "deleted");
  CHECK_FALSE(scene.log().verdict().complete);
  CHECK(scene.log().record().status == StepStatus::success);
  scene.restart();
  CHECK(scene.log().is_deleted());
  CHECK(scene.log().has_ended());
  CHECK(scene.log().received() == 0);
}

TEST_CASE("who wrote a deleted log is refused for good, whatever it sends") {
  Scene scene;
  REQUIRE_FALSE(scene.claim(kWriter).has_value());
  REQUIRE_FALSE(scene.place(kWriter, 0, "hello\n").has_value());
  bool is_running = false;
  SUBCASE("when it was running") { is_running = true; }
  SUBCASE("when it was sealed") { REQUIRE_FALSE(scene.seal(kWriter, "hello\n").has_value()); }
  CHECK(scene.log().is_in_use() == is_running);
  scene.log().erase(scene.now());
  for (int i = 0; i < 2; ++i) {
    CHECK(scene.claim(kWriter) == Refusal::deleted);
    CHECK(scene.place(kWriter, 0, "hello\n") == Refusal::deleted);
    CHECK(scene.place(kWriter, 6, "more\n") == Refusal::deleted);
    CHECK(scene.seal(kWriter, "hello\n") == Refusal::deleted);
    scene.store();
    scene.restart();
  }
  REQUIRE_FALSE(claim_anew(scene, kOther).has_value());
  CHECK(scene.claim(kWriter) == Refusal::replaced);
}

TEST_CASE("another writer begins a deleted log anew, under another key and generation") {
  Scene scene;
  write_sealed(scene);
  scene.log().erase(scene.now());
  SUBCASE("before the deletion is stored") {}
  SUBCASE("after it is stored") { scene.store(); }
  const auto generation = scene.log().record().generation.number;
  REQUIRE_FALSE(claim_anew(scene, kOther).has_value());
  CHECK_FALSE(scene.log().is_deleted());
  CHECK(scene.log().state() == LogState::running);
  CHECK(scene.log().record().generation.number == generation + 1);
  CHECK(scene.log().record().key == kNewKey);
  REQUIRE_FALSE(scene.place(kOther, 0, "anew\n").has_value());
  REQUIRE_FALSE(scene.seal(kOther, "anew\n").has_value());
  const auto item = scene.log().take_batch();
  CHECK(item.key == kNewKey);
  // Once, or the store would count it as gone twice.
  CHECK(item.voided == std::vector<vela::store::LogKey>{7});
  CHECK(item.slices.front().begin == 0);
  scene.log().on_store_failed();
  CHECK(scene.log().take_batch().voided == item.voided);
  scene.log().on_stored();
  CHECK(scene.log().verdict().complete);
  CHECK(scene.log().record().base == 0);
  CHECK(scene.log().durable() == 5);
  CHECK_FALSE(scene.log().has_unstored());
}

TEST_CASE("a commit that was under way when the log was deleted counts for nothing") {
  Scene scene;
  REQUIRE_FALSE(scene.claim(kWriter).has_value());
  REQUIRE_FALSE(scene.place(kWriter, 0, "hello\n").has_value());
  static_cast<void>(scene.log().take_batch());
  scene.log().erase(scene.now());
  CHECK(scene.log().unstored_cost() == 0);
  scene.log().on_stored();
  CHECK(scene.log().durable() == 0);
  CHECK(scene.log().unstored_cost() == 0);
  CHECK_FALSE(scene.log().has_ended());
  CHECK(scene.log().has_unstored());
  const auto item = scene.log().take_batch();
  CHECK(item.slices.empty());
  CHECK(item.voided == std::vector<vela::store::LogKey>{7});
  scene.log().on_stored();
  CHECK(scene.log().has_ended());
}

TEST_CASE("a log remembers when its last byte came, by the server's clock") {
  Scene scene;
  REQUIRE_FALSE(scene.claim(kWriter).has_value());
  CHECK_FALSE(scene.log().record().last_output.has_value());
  REQUIRE_FALSE(scene.place(kWriter, 0, "hello\n").has_value());
  const auto written = scene.now().wall;
  scene.pass(std::chrono::hours(1));
  CHECK(scene.log().record().last_output == written);
  scene.store();
  // What came after the row was written is not known: not later than now.
  scene.restart();
  CHECK(scene.log().record().last_output == scene.now().wall);
  REQUIRE_FALSE(scene.claim(kWriter).has_value());
  REQUIRE_FALSE(scene.seal(kWriter, "hello\n").has_value());
  scene.store();
  const auto kept = scene.log().record().last_output;
  scene.pass(std::chrono::hours(1));
  scene.restart();
  CHECK(scene.log().record().last_output == kept);
}
