#include "core/buffer/spool_segments.hpp"

#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "core/buffer/spool.hpp"
#include "support/spool_scene.hpp"

using namespace vela;
using namespace vela::buffer;
using namespace vela::test;

namespace {

constexpr std::uint64_t place_of(std::uint64_t segment) {
  return kFirstRecordPlace + segment * kSegmentBytes;
}

}  // namespace

TEST_CASE("a place is in the segment that begins at or before it") {
  CHECK(SpoolSegments::begin_of(place_of(0)) == place_of(0));
  CHECK(SpoolSegments::begin_of(place_of(1) - 1) == place_of(0));
  CHECK(SpoolSegments::begin_of(place_of(7) + 5) == place_of(7));
  CHECK(SpoolSegments::end_of(place_of(7) + 5) == place_of(8));
}

TEST_CASE("a segment that was freed is taken before the file grows, the last one first") {
  SpoolSegments segments;
  for (std::uint64_t i = 1; i != 4; ++i) {
    CHECK(segments.next() == place_of(i));
    segments.take();
  }
  segments.free_before(place_of(2) + 100);
  CHECK(segments.held() == 2);
  CHECK(segments.next() == place_of(1));
  segments.take();
  segments.take();
  CHECK(segments.next() == place_of(4));
  CHECK(segments.end() == place_of(4));
  // In the order of the records: 2, 3, 1, 0.
  segments.free_before(place_of(1));
  CHECK(segments.held() == 2);
}

TEST_CASE("what is free beyond a few loses its disk space, the oldest first, and is taken last") {
  SpoolSegments segments;
  constexpr std::uint64_t kCount = SpoolSegments::kMaxSpare + 3;
  for (std::uint64_t i = 1; i != kCount; ++i) segments.take();
  CHECK_FALSE(segments.spare_beyond(SpoolSegments::kMaxSpare).has_value());
  segments.free_before(place_of(kCount - 1));
  for (std::uint64_t i = 0; i != 2; ++i) {
    CHECK(segments.spare_beyond(SpoolSegments::kMaxSpare) == place_of(i));
    segments.has_given_back();
  }
  CHECK_FALSE(segments.spare_beyond(SpoolSegments::kMaxSpare).has_value());
  for (std::size_t i = 0; i != SpoolSegments::kMaxSpare; ++i) segments.take();
  CHECK(segments.next() == place_of(1));
  segments.take();
  CHECK(segments.next() == place_of(0));
  segments.take();
  CHECK(segments.next() == place_of(kCount));
}

TEST_CASE("of a file that was there, all is free that holds no records") {
  SpoolSegments segments({place_of(3), place_of(1)}, place_of(5));
  CHECK(segments.held() == 2);
  CHECK(segments.end() == place_of(5));
  segments.free_before(place_of(1) + 9);
  CHECK(segments.next() == place_of(3));
  for (int i = 0; i != 4; ++i) segments.take();
  CHECK(segments.next() == place_of(5));
  // A file may end within its last segment.
  CHECK(SpoolSegments({place_of(0)}, place_of(2) + 1).end() == place_of(3));
  CHECK(SpoolSegments({place_of(4)}, 100).end() == place_of(5));
}

TEST_CASE(
    "what a server takes in step costs the space of what is under way, whatever came before") {
  SpoolScene scene;
  const std::string text = noise(30'000'000);
  std::size_t size = 1;
  for (std::size_t at = 0; at < text.size(); at += size) {
    size = std::min<std::size_t>(1 + size * 7 % 90'001, text.size() - at);
    scene.push(std::string_view(text).substr(at, size));
    if (scene.spool.end() > 3'000'000) scene.spool.free_until(scene.spool.end() - 3'000'000);
    // A run that dies at any moment leaves all that is held.
    if (at % 37 != 0) continue;
    scene.die();
    REQUIRE(scene.spool.end() == at + size);
    REQUIRE(text_of(scene.spool) ==
            text.substr(scene.spool.begin(), scene.spool.end() - scene.spool.begin()));
    REQUIRE(scene.spool.hex_digest() == digest_of(std::string_view(text).substr(0, at + size)));
  }
  CHECK(std::filesystem::file_size(scene.spool.path()) < 8'000'000);
  CHECK(text_of(scene.spool) == text.substr(scene.spool.begin()));
}

TEST_CASE("behind a damaged record nothing comes back, even where the next ones fit") {
  SpoolScene scene;
  for (const std::string_view text : {"first\n", "second\n", "third\n"}) scene.push(text);
  scene.overwrite(kFirstRecordPlace + 2 * sizeof(RecordHead) + 8, "X");
  scene.die();
  CHECK(text_of(scene.spool) == "first\n");
  scene.push("SECOND\n");
  scene.die();
  CHECK(text_of(scene.spool) == "first\nSECOND\n");
}

TEST_CASE("a state whose place is not within the file does not count") {
  SpoolScene scene;
  scene.push("bytes\n");
  for (const std::uint64_t place :
       {std::uint64_t{0}, std::uint64_t{1} << 60, place_of(1) - kJumpBytes + 1}) {
    SpoolState state;
    state.number = 100;
    state.ownership = scene.spool.ownership();
    state.place = place;
    scene.overwrite(kSlotPlaces[0], encode_state(state).value());
    scene.die();
    CHECK(text_of(scene.spool) == "bytes\n");
  }
}

TEST_CASE("a record counts from the jump on that leads to it") {
  constexpr std::uint64_t kRecord = sizeof(RecordHead) + kMaxRecordBytes;
  constexpr std::uint64_t kJump = kFirstRecordPlace + 16 * kRecord;
  const std::string text = noise(20 * kMaxRecordBytes);
  SpoolScene scene;
  scene.push_all(text, kMaxRecordBytes);
  SUBCASE("it never stood there") {
    scene.overwrite(kJump, std::string(kJumpBytes, '\0'));
    scene.die();
    CHECK(text_of(scene.spool) == text.substr(0, 16 * kMaxRecordBytes));
    scene.push("more");
    scene.die();
    CHECK(text_of(scene.spool) == text.substr(0, 16 * kMaxRecordBytes) + "more");
  }
  SUBCASE("it leads to no segment, or to none of the file") {
    CHECK_FALSE(decode_jump(encode_jump(place_of(1) + 1)).has_value());
    CHECK_FALSE(decode_jump(encode_jump(0)).has_value());
    for (const std::uint64_t place : {place_of(1) + 1, place_of(std::uint64_t{1} << 40)}) {
      const std::string payload = encode_jump(place);
      const RecordHead head = make_head(RecordKind::jump, 16 * kMaxRecordBytes, kTime, payload);
      scene.overwrite(kJump, std::string(bytes_of(head)) + payload);
      scene.die();
      CHECK(text_of(scene.spool) == text.substr(0, 16 * kMaxRecordBytes));
    }
  }
  SUBCASE("a record leaves no room for it") {
    const std::string payload(place_of(1) - kJump - sizeof(RecordHead) - kJumpBytes + 1, 'x');
    const RecordHead head = make_head(RecordKind::out, 16 * kMaxRecordBytes, kTime, payload);
    scene.overwrite(kJump, std::string(bytes_of(head)) + payload);
    scene.die();
    CHECK(text_of(scene.spool) == text.substr(0, 16 * kMaxRecordBytes));
  }
  SUBCASE("it leads back") {
    const std::string payload = encode_jump(kFirstRecordPlace);
    const RecordHead head = make_head(RecordKind::jump, 16 * kMaxRecordBytes, kTime, payload);
    scene.overwrite(kJump, std::string(bytes_of(head)) + payload);
    // There stands what would go on from there.
    const RecordHead forged = make_head(RecordKind::out, 16 * kMaxRecordBytes, kTime, "forged");
    scene.overwrite(kFirstRecordPlace, std::string(bytes_of(forged)) + "forged");
    SpoolState state;
    state.number = 100;
    state.ownership = scene.spool.ownership();
    state.place = kFirstRecordPlace + kRecord;
    state.position = state.offset = kMaxRecordBytes;
    scene.overwrite(kSlotPlaces[0], encode_state(state).value());
    scene.die();
    const std::string left = text.substr(kMaxRecordBytes, 15 * kMaxRecordBytes);
    CHECK(text_of(scene.spool) == left);
    scene.push("more");
    scene.die();
    CHECK(text_of(scene.spool) == left + "more");
  }
  SUBCASE("it leads to itself") {
    const std::string payload = encode_jump(kFirstRecordPlace);
    const RecordHead head = make_head(RecordKind::jump, 0, kTime, payload);
    scene.overwrite(kFirstRecordPlace, std::string(bytes_of(head)) + payload);
    scene.die();
    CHECK(text_of(scene.spool).empty());
    scene.push("more");
    scene.die();
    CHECK(text_of(scene.spool) == "more");
  }
}
