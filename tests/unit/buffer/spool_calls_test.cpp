// A spool whose run dies, or whose disk refuses, at any system call that changes its file.
#include <cerrno>
#include <filesystem>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "core/buffer/spool.hpp"
#include "support/file_calls.hpp"
#include "support/spool_scene.hpp"

using namespace vela;
using namespace vela::buffer;
using namespace vela::test;

TEST_CASE("a run that dies at any call leaves what was held, and another goes on behind it") {
  SpoolScene scene;
  const std::string text = noise(6'000'000);
  const std::string other = noise(1'500'000).substr(7);
  const std::string copy = scene.directory.path() + "/copy.spool";
  std::size_t pushed = 0;
  std::size_t pushing = 0;
  std::size_t freed = 0;
  unsigned calls = 0;
  const auto die = [&](FileCall call) {
    const bool is_rare = call != FileCall::write_parts && call != FileCall::head_written &&
                         call != FileCall::half_written;
    if (++calls % 11 != 0 && !is_rare) return 0;
    std::filesystem::copy_file(scene.spool.path(), copy,
                               std::filesystem::copy_options::overwrite_existing);
    Spool found = resume_spool(copy);
    REQUIRE(found.begin() <= freed);
    REQUIRE(found.end() >= pushed);
    REQUIRE(found.end() <= pushing);
    std::string expected = text.substr(found.begin(), found.end() - found.begin());
    REQUIRE(text_of(found) == expected);
    if (calls % 3 != 0) return 0;
    // It writes something else, in records of the same sizes or of others, and dies too.
    const std::size_t piece = calls % 2 == 0 ? kMaxRecordBytes : 1 + calls % 50'000;
    const std::string_view more = std::string_view(other).substr(0, calls * 1009 % other.size());
    for (std::size_t at = 0; at < more.size(); at += piece)
      found.append(more.substr(at, piece), kTime, logs::Stream::out);
    expected += more;
    found = Spool();
    found = resume_spool(copy);
    REQUIRE(text_of(found) == expected);
    return 0;
  };
  const FileCalls file_calls(die);
  std::size_t size = 1;
  for (int i = 0; pushed < text.size(); ++i) {
    size = i % 3 != 0 ? kMaxRecordBytes : 1 + size * 7 % kMaxRecordBytes;
    const std::string_view piece = std::string_view(text).substr(pushed, size);
    pushing = pushed + piece.size();
    scene.push(piece);
    pushed = pushing;
    if (i % 29 == 0) {
      freed = pushed;
    } else if (pushed > 1'500'000) {
      freed = std::max(freed, pushed - 1'500'000);
    }
    scene.spool.free_until(freed);
    if (i % 23 == 0) scene.spool.set_ownership(scene.spool.ownership());
  }
  CHECK(calls > 300);
}

TEST_CASE("a disk that refuses any of the calls at the end of a segment costs nothing") {
  for (const int refused : {0, 1, 2, 3}) {
    CAPTURE(refused);
    SpoolScene scene;
    const std::string text = noise(17 * kMaxRecordBytes);
    int calls = 0;
    {
      // The last record's and its jump's, and the two of its second attempt.
      const FileCalls file_calls([&](FileCall call) {
        if (call != FileCall::write_parts) return 0;
        const int at = calls++ - 16;
        return at >= 0 && at <= refused ? ENOSPC : 0;
      });
      scene.push_all(text, kMaxRecordBytes);
      CHECK(scene.spool.take_write_failure().has_value());
      scene.push("a");
      scene.push("b");
      scene.push("c");
      scene.push("d");
    }
    CHECK_FALSE(scene.spool.take_write_failure().has_value());
    scene.die();
    CHECK(text_of(scene.spool) == text + "abcd");
  }
}

TEST_CASE("behind a damaged record nothing comes back, whatever the file system can") {
  const std::string text = noise(30 * kMaxRecordBytes);
  const std::string left = text.substr(0, 4 * kMaxRecordBytes);
  const std::uint64_t place = kFirstRecordPlace + 4 * (sizeof(RecordHead) + kMaxRecordBytes);
  for (const bool can_punch : {true, false}) {
    // After each of these the records that were cut off would stand where one is expected.
    for (const std::size_t more : {1, 11, 12, 13, 14, 25}) {
      CAPTURE(can_punch);
      CAPTURE(more);
      SpoolScene scene;
      scene.push_all(text, kMaxRecordBytes);
      scene.overwrite(place + sizeof(RecordHead) + 9, "damage");
      const FileCalls file_calls([can_punch](FileCall call) {
        return call == FileCall::allocate && !can_punch ? EOPNOTSUPP : 0;
      });
      scene.die();
      REQUIRE(text_of(scene.spool) == left);
      const std::string other = noise(more * kMaxRecordBytes + 3).substr(3);
      scene.push_all(other, kMaxRecordBytes);
      scene.die();
      REQUIRE(text_of(scene.spool) == left + other);
    }
  }
}

TEST_CASE("while no state can be saved nothing is written over") {
  const std::string text = noise(8'000'000);
  SpoolScene scene;
  scene.push_all(std::string_view(text).substr(0, 5'000'000), kMaxRecordBytes);
  {
    const FileCalls file_calls([](FileCall call) { return call == FileCall::write ? EIO : 0; });
    scene.spool.free_until(4'000'000);
    scene.push_all(std::string_view(text).substr(5'000'000), kMaxRecordBytes);
  }
  scene.die();
  CHECK(text_of(scene.spool) == text);
  scene.spool.free_until(7'000'000);
  scene.die();
  CHECK(text_of(scene.spool) == text.substr(scene.spool.begin()));
}

TEST_CASE("what is only looked at stays as it is") {
  SpoolScene scene;
  scene.push_all(noise(3'000'000), kMaxRecordBytes);
  int calls = 0;
  const FileCalls file_calls([&calls](FileCall) {
    ++calls;
    return 0;
  });
  scene.die();
  CHECK(text_of(scene.spool).size() == 3'000'000);
  CHECK(calls == 0);
}
