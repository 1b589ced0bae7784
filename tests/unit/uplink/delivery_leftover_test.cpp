// A delivery that goes on where a dead run stopped: the machine with a spool that was there before.
#include <string>

#include <doctest/doctest.h>

#include "core/buffer/spool_directory.hpp"
#include "core/uplink/leftovers.hpp"
#include "support/delivery_scene.hpp"
#include "support/temp_dir.hpp"

using namespace vela;
using namespace vela::uplink;
using logs::AckState;

namespace {

constexpr std::uint64_t kLimit = 1 << 30;
const std::string kServer = "http://127.0.0.1:1";
const logs::LogId kLog = logs::LogId::parse("octocat/hello/42/steps/3").value();

struct Machine {
  HeldLog make_held() const {
    buffer::SpoolIdentity identity;
    identity.server = kServer;
    identity.log = kLog;
    buffer::Ownership ownership;
    ownership.writer = logs::WriterId::make_random();
    return HeldLog(buffer::Spool(directory.create(identity, ownership).value(), kLimit));
  }
  HeldLog resume(std::uint64_t limit = kLimit) const {
    const auto paths = directory.find("", {});
    REQUIRE(paths.size() == 1);
    auto file = buffer::SpoolDirectory::claim(paths.front());
    REQUIRE(file.has_value());
    REQUIRE(file->has_value());
    return HeldLog(buffer::Spool::resume(std::move(**file), limit).value());
  }

  test::TempDir dir;
  buffer::SpoolDirectory directory = buffer::SpoolDirectory::open(dir / "spools").value();
};

DeliveryOptions options(bool is_leftover) {
  DeliveryOptions made = test::delivery_options(buffer::Method::append);
  made.is_leftover = is_leftover;
  return made;
}

struct Scene : test::DeliveryScene {
  Scene(HeldLog held, bool is_leftover) : DeliveryScene(options(is_leftover), std::move(held)) {}
};

}  // namespace

TEST_CASE("a leftover needs no room: none of its appends waits for a commit") {
  constexpr std::size_t kBytes = 3'000'000;
  const Machine on;
  Scene(on.make_held(), false).push(std::string(kBytes, 'x'));
  Scene scene(on.resume(kBytes), true);
  scene.act<Send>();
  logs::Offset sent = 0;
  scene.reply(test::make_ack(sent, 0));
  while (kBytes - sent > 256 * 1024) {
    const Send send = scene.act<Send>();
    CHECK_FALSE(send.wants_durable);
    sent = send.to;
    scene.reply(test::make_ack(sent, 0));
  }
  CHECK(sent > 0);
}

TEST_CASE("a later process asks where the log stands, sends the rest, seals what was said") {
  const Machine on;
  logs::WriterId writer;
  {
    Scene scene(on.make_held(), false);
    writer = scene.act<Send>().writer;
    scene.reply(test::make_ack(0, 0));
    scene.push("0123456789");
    scene.act<Send>();
    scene.reply(test::make_ack(4, 4));
    Ending ending;
    ending.status = logs::StepStatus::failure;
    ending.exit_code = 3;
    scene.machine.end(ending);
  }
  HeldLog held = on.resume();
  const Ending ending = ending_of(held.spool());
  CHECK(ending.status == logs::StepStatus::failure);
  CHECK(ending.exit_code == 3);
  CHECK(ending.reason.empty());
  Scene scene(std::move(held), true);
  scene.machine.end(ending);
  const Send question = scene.act<Send>();
  CHECK(question.writer == writer);
  CHECK(question.from == question.to);
  CHECK_FALSE(question.takeover.has_value());
  scene.reply(test::make_ack(6, 6));
  const Send rest = scene.act<Send>();
  CHECK(rest.from == 6);
  CHECK(rest.to == 10);
  REQUIRE(rest.seal.has_value());
  CHECK(rest.seal->length == 10);
  CHECK(rest.seal->exit_code == 3);
  scene.reply(test::make_ack(10, 10, AckState::sealed));
  CHECK(scene.machine.outcome().is_whole);
}

TEST_CASE("a log whose seal was taken while its writer died is delivered, not refused") {
  const Machine on;
  {
    Scene scene(on.make_held(), false);
    scene.act<Send>();
    scene.reply(test::make_ack(0, 0));
    scene.push("0123456789");
    scene.machine.end(Ending());
    CHECK(scene.act<Send>().seal.has_value());
  }
  HeldLog held = on.resume();
  const Ending ending = ending_of(held.spool());
  Scene scene(std::move(held), true);
  scene.machine.end(ending);
  scene.act<Send>();
  scene.reply(test::make_ack(10, 10, AckState::sealed));
  scene.act<Done>();
  CHECK(scene.machine.outcome().is_whole);
  CHECK_FALSE(scene.machine.outcome().is_refused);
}

TEST_CASE("without an end the writer's death is the verdict") {
  const Machine on;
  {
    Scene scene(on.make_held(), false);
    scene.push("half of it");
  }
  const Ending ending = ending_of(on.resume().spool());
  CHECK(ending.status == logs::StepStatus::error);
  CHECK(ending.reason == "writer-died");
  CHECK_FALSE(ending.exit_code.has_value());
}

TEST_CASE("a log that began behind another's bytes does so for a later process too") {
  const Machine on;
  {
    Scene scene(on.make_held(), false);
    scene.push("mine");
    scene.act<Send>();
    scene.reply(test::make_ack(100, 100));
    CHECK(scene.act<Send>().from == 100);
  }
  const HeldLog held = on.resume();
  CHECK(held.base_offset() == 100);
  CHECK(held.end() == 104);
  CHECK(held.spool().ownership().is_owner);
}

TEST_CASE("a writer that was about to replace itself does so after its death") {
  const Machine on;
  logs::WriterId first;
  {
    Scene scene(on.make_held(), false);
    first = scene.act<Send>().writer;
    scene.reply(test::make_ack(0, 0));
    scene.push("0123456789");
    scene.act<Send>();
    scene.reply(test::make_ack(10, 8));
    scene.push("ab");
    scene.act<Send>();
    scene.reply(test::make_refusal(RefusalKind::gap, 3));
  }
  Scene scene(on.resume(), true);
  scene.machine.end({});
  const Send question = scene.act<Send>();
  CHECK(question.writer != first);
  CHECK(question.takeover == first);
  CHECK(question.is_forced);
}

TEST_CASE("a leftover never takes the log over from another run") {
  const Machine on;
  Scene scene(on.make_held(), true);
  scene.push("late");
  scene.machine.end({});
  scene.act<Send>();
  scene.reply(test::make_refusal(RefusalKind::other_writer, 10, logs::WriterId::make_random()));
  scene.act<Done>();
  CHECK(scene.machine.outcome().is_refused);
}

TEST_CASE("a run adopts what a dead run of its log left without an end, and nothing else") {
  const Machine on;
  {
    Scene scene(on.make_held(), false);
    scene.push("one\n");
  }
  const logs::LogId other = logs::LogId::parse("octocat/hello/42/steps/4").value();
  CHECK_FALSE(adopt_leftover(on.directory, kServer, other, kLimit).has_value());
  CHECK_FALSE(adopt_leftover(on.directory, "http://else", kLog, kLimit).has_value());
  {
    const auto adopted = adopt_leftover(on.directory, kServer, kLog, kLimit);
    REQUIRE(adopted.has_value());
    CHECK(adopted->end() == 4);
    // It is held now.
    CHECK_FALSE(adopt_leftover(on.directory, kServer, kLog, kLimit).has_value());
  }
  {
    Scene scene(on.resume(), true);
    scene.machine.end({});
  }
  CHECK_FALSE(adopt_leftover(on.directory, kServer, kLog, kLimit).has_value());
}
