#include "core/hub/live_log.hpp"

#include <string>

#include <doctest/doctest.h>

#include "support/live_log_scene.hpp"

using namespace std::chrono_literals;
using namespace vela::test;

TEST_CASE("a log is pending until a writer announces it") {
  Scene scene;
  CHECK(scene.log().state() == LogState::pending);
  CHECK_FALSE(scene.log().has_unstored());
  CHECK_FALSE(scene.claim(kWriter));
  CHECK(scene.log().state() == LogState::running);
  CHECK(scene.log().has_unstored());
}

TEST_CASE("bytes that are sent again are skipped") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hello "));
  CHECK_FALSE(scene.place(kWriter, 0, "hello world"));
  CHECK_FALSE(scene.place(kWriter, 3, "lo"));
  CHECK(scene.text() == "hello world");
}

TEST_CASE("two bodies of one owner may overlap at once") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  // The reply to the first body was lost; its rest arrives while the second is being taken.
  CHECK_FALSE(scene.place(kWriter, 0, "abc"));
  CHECK_FALSE(scene.place(kWriter, 0, "abcde"));
  CHECK_FALSE(scene.place(kWriter, 3, "def"));
  CHECK_FALSE(scene.place(kWriter, 5, "fgh"));
  CHECK(scene.text() == "abcdefgh");
}

TEST_CASE("a write beyond the end is a gap and changes nothing") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK(scene.place(kWriter, 1, "x") == Refusal::gap);
  CHECK(scene.log().received() == 0);
}

TEST_CASE("repeated bytes with other content make the log incomplete") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hello"));
  CHECK(scene.place(kWriter, 0, "hellO world") == Refusal::diverged);
  scene.store();
  CHECK(scene.log().state() == LogState::incomplete);
  CHECK_FALSE(scene.log().verdict().complete);
  CHECK(scene.text() == "hello");
}

TEST_CASE("the marks of an overlapping piece keep their times and places") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "aaaa"));
  const vela::base::WallTime first{1s};
  const vela::base::WallTime second{2s};
  const std::vector<TimeMark> marks{{0, first, Stream::out}, {6, second, Stream::err}};
  CHECK_FALSE(scene.log().place(kWriter, 0, "aaaabbcc", marks, scene.now()));
  const auto slices = scene.log().slices(4, 100);
  REQUIRE(slices.size() == 1);
  const std::vector<TimeMark> expected{{4, first, Stream::out}, {6, second, Stream::err}};
  CHECK(slices[0].marks() == expected);
}

TEST_CASE("another writer is refused while the owner is heard") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK(scene.claim(kOther) == Refusal::other_writer);
  CHECK(scene.place(kOther, 0, "x") == Refusal::other_writer);
  scene.pass(29s);
  CHECK(scene.take_over(kOther, kWriter, false) == Refusal::other_writer);
}

TEST_CASE("a takeover needs the right owner and its silence or force") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "abc"));
  CHECK(scene.take_over(kOther, kOther, true) == Refusal::other_writer);
  SUBCASE("silence") {
    scene.pass(30s);
    CHECK_FALSE(scene.take_over(kOther, kWriter, false));
  }
  SUBCASE("force") { CHECK_FALSE(scene.take_over(kOther, kWriter, true)); }
  CHECK(scene.log().record().base == 3);
  CHECK(scene.log().record().generation == vela::logs::Generation{2, 3});
}

TEST_CASE("a zombie writes nothing after a takeover") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "abc"));
  CHECK_FALSE(scene.take_over(kOther, kWriter, true));
  // A body of the old owner that was still open.
  CHECK(scene.place(kWriter, 3, "zombie") == Refusal::replaced);
  CHECK(scene.claim(kWriter) == Refusal::replaced);
  CHECK(scene.take_over(kWriter, kOther, true) == Refusal::replaced);
  CHECK(scene.seal(kWriter, "abc") == Refusal::replaced);
  CHECK_FALSE(scene.place(kOther, 3, "new"));
  CHECK(scene.text() == "abcnew");
  SUBCASE("a restart does not bring it back") {
    scene.store();
    scene.restart();
    CHECK(scene.claim(kWriter) == Refusal::replaced);
    CHECK_FALSE(scene.claim(kOther));
  }
}

TEST_CASE("a log that was taken over is not complete though its digest matches") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "abc"));
  CHECK_FALSE(scene.take_over(kOther, kWriter, true));
  CHECK_FALSE(scene.place(kOther, 3, "new"));
  CHECK_FALSE(scene.seal(kOther, "new", 3));
  scene.store();
  CHECK(scene.log().state() == LogState::sealed);
  CHECK(scene.log().verdict().verified);
  CHECK_FALSE(scene.log().verdict().complete);
}

TEST_CASE("readers see the end only once it is stored") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hello\n"));
  CHECK_FALSE(scene.seal(kWriter, "hello\n"));
  CHECK_FALSE(scene.log().has_ended());
  CHECK(scene.log().state() == LogState::running);
  SUBCASE("a commit that fails ends nothing and is repeated whole") {
    const auto failed = scene.log().take_batch();
    CHECK(failed.record);
    scene.log().on_store_failed();
    CHECK_FALSE(scene.log().has_ended());
    CHECK(scene.log().has_unstored());
  }
  scene.store();
  CHECK(scene.log().has_ended());
  CHECK(scene.log().state() == LogState::sealed);
  CHECK(scene.log().verdict().complete);
  CHECK_FALSE(scene.log().has_unstored());
}

TEST_CASE("a seal taken while a commit runs waits for the next one") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "a"));
  const auto item = scene.log().take_batch();
  CHECK_FALSE(scene.place(kWriter, 1, "b"));
  CHECK_FALSE(scene.seal(kWriter, "ab"));
  scene.log().on_stored();
  CHECK(scene.log().durable() == 1);
  CHECK_FALSE(scene.log().has_ended());
  scene.store();
  CHECK(scene.log().has_ended());
  CHECK(scene.log().durable() == 2);
}

TEST_CASE("an equal seal may be repeated, another is refused") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hello"));
  CHECK_FALSE(scene.seal(kWriter, "hello"));
  CHECK_FALSE(scene.seal(kWriter, "hello"));
  scene.store();
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.seal(kWriter, "hello"));
  Seal other = Scene::seal_of("hello");
  other.status = StepStatus::failure;
  CHECK(scene.log().seal(kWriter, other, scene.now()) == Refusal::sealed);
  CHECK(scene.claim(kOther) == Refusal::sealed);
  CHECK(scene.place(kOther, 0, "x") == Refusal::sealed);
  // The owner's late repeat within the length is harmless, more is refused.
  CHECK_FALSE(scene.place(kWriter, 0, "hello"));
  CHECK(scene.place(kWriter, 0, "hello world") == Refusal::sealed);
  SUBCASE("after a restart too") {
    scene.restart();
    CHECK_FALSE(scene.claim(kWriter));
    CHECK_FALSE(scene.seal(kWriter, "hello"));
    CHECK(scene.log().verdict().complete);
  }
}

TEST_CASE("a seal beyond what is there is a gap") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hell"));
  CHECK(scene.seal(kWriter, "hello") == Refusal::gap);
  CHECK_FALSE(scene.place(kWriter, 4, "o"));
  CHECK_FALSE(scene.seal(kWriter, "hello"));
}

TEST_CASE("a digest or length that contradicts what is there makes the log incomplete") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hello"));
  SUBCASE("digest") { CHECK_FALSE(scene.seal(kWriter, "hellO")); }
  SUBCASE("length") { CHECK_FALSE(scene.seal(kWriter, "hell")); }
  scene.store();
  CHECK(scene.log().has_ended());
  CHECK(scene.log().state() == LogState::incomplete);
  CHECK_FALSE(scene.log().verdict().complete);
  CHECK_FALSE(scene.log().verdict().reason.empty());
  CHECK(scene.log().record().seal);  // both values are kept
}

TEST_CASE("dropped and lost bytes and a reason make a sealed log incomplete for readers") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "hello"));
  Seal seal = Scene::seal_of("hello");
  SUBCASE("dropped") { seal.dropped = 3; }
  SUBCASE("lost") { seal.lost = 3; }
  SUBCASE("reason") { seal.reason = "writer-died"; }
  CHECK_FALSE(scene.log().seal(kWriter, seal, scene.now()));
  scene.store();
  CHECK(scene.log().state() == LogState::sealed);
  CHECK_FALSE(scene.log().verdict().complete);
}

TEST_CASE("a server killed between offset and durable takes the rest again") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "stored "));
  scene.store();
  CHECK_FALSE(scene.place(kWriter, 7, "lost"));
  const Cursor ahead{1, 11};  // a follower that has seen all of it
  scene.restart();
  CHECK(scene.log().received() == 7);
  CHECK(scene.log().durable() == 7);
  // The follower waits where it is: the owner will send the same bytes.
  CHECK(scene.log().resume_point(ahead) == 11);
  CHECK(scene.place(kWriter, 11, " more") == Refusal::gap);
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 7, "lost and more"));
  CHECK_FALSE(scene.seal(kWriter, "stored lost and more"));
  scene.store();
  CHECK(scene.log().verdict().complete);
}

TEST_CASE("a new owner after a crash voids what followers saw beyond the stored bytes") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "stored "));
  scene.store();
  CHECK_FALSE(scene.place(kWriter, 7, "lost"));
  scene.restart();
  CHECK_FALSE(scene.take_over(kOther, kWriter, true));
  CHECK(scene.log().resume_point({1, 11}) == 7);
  CHECK(scene.log().resume_point({1, 5}) == 5);
  SUBCASE("the lowest cut since the reader's generation counts") {
    CHECK_FALSE(scene.place(kOther, 7, "longer than before"));
    const WriterId third = WriterId::make_random();
    CHECK_FALSE(scene.take_over(third, kOther, true));
    CHECK(scene.log().resume_point({1, 20}) == 7);
    CHECK(scene.log().resume_point({2, 20}) == 20);
  }
}

TEST_CASE("a generation that this server never had resumes at what there is") {
  Scene scene;
  CHECK_FALSE(scene.claim(kWriter));
  CHECK_FALSE(scene.place(kWriter, 0, "abc"));
  CHECK(scene.log().resume_point({9, 100}) == 3);
  CHECK(scene.log().resume_point({0, 100}) == 3);
}
