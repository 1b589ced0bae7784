#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "core/buffer/spool.hpp"
#include "support/spool_scene.hpp"

using namespace vela;
using namespace vela::buffer;
using namespace vela::test;

namespace {

// What a disk that is full does to writes, and gives back again: files can't grow beyond `bytes`.
void limit_files(std::uint64_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = std::min<rlim_t>(bytes, limit.rlim_max);
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

struct FullDisk {
  explicit FullDisk(std::uint64_t bytes) { limit_files(bytes); }
  ~FullDisk() { limit_files(RLIM_INFINITY); }
};

}  // namespace

TEST_CASE("a disk that is full keeps bytes in memory, and they are written when it has room") {
  SpoolScene scene;
  const std::string text = noise(300'000);
  {
    const FullDisk disk(kFirstRecordPlace + 100'000);
    scene.push_all(text, 30'000);
    CHECK(scene.spool.take_write_failure().has_value());
    CHECK_FALSE(scene.spool.take_write_failure().has_value());
    CHECK(text_of(scene.spool) == text);
    CHECK(scene.spool.is_full(200'000));
  }
  scene.push("more");
  CHECK_FALSE(scene.spool.take_write_failure().has_value());
  scene.die();
  CHECK(text_of(scene.spool) == text + "more");
}

TEST_CASE("a run that dies while the disk is full leaves what was written") {
  SpoolScene scene;
  const std::string text = noise(300'000);
  {
    const FullDisk disk(kFirstRecordPlace + 100'000);
    scene.push_all(text, 30'000);
  }
  scene.die();
  CHECK(text_of(scene.spool) == text.substr(0, 90'000));
  CHECK(scene.spool.hex_digest() == digest_of(text.substr(0, 90'000)));
}

TEST_CASE("a disk that is full where the next segment begins loses nothing") {
  SpoolScene scene;
  const std::string text = noise(1'300'000);
  {
    const FullDisk disk(kFirstRecordPlace + kSegmentBytes + 10'000);
    scene.push_all(text, 30'000);
    CHECK(scene.spool.take_write_failure().has_value());
    CHECK(text_of(scene.spool) == text);
  }
  scene.push("more");
  scene.die();
  CHECK(text_of(scene.spool) == text + "more");
  CHECK(scene.spool.hex_digest() == digest_of(text + "more"));
}

TEST_CASE("bytes that are durable before they could be written are left out of the file") {
  SpoolScene scene;
  const std::string text = noise(300'000);
  {
    const FullDisk disk(kFirstRecordPlace + 100'000);
    scene.push_all(text, 30'000);
    scene.spool.free_until(200'000);
    CHECK(text_of(scene.spool) == text.substr(200'000));
    scene.spool.free_until(300'000);
  }
  scene.push("more");
  scene.die();
  CHECK(scene.spool.begin() == 300'000);
  CHECK(text_of(scene.spool) == "more");
  CHECK(scene.spool.hex_digest() == digest_of(text + "more"));
}

TEST_CASE("a log that is moved while the disk is full goes on behind what was never written") {
  SpoolScene scene;
  const std::string text = noise(300'000);
  {
    const FullDisk disk(kFirstRecordPlace + 100'000);
    scene.push_all(text, 30'000);
    scene.spool.free_until(200'000);
    scene.spool.move_to(10, "[lost]\n", kTime);
    scene.spool.set_ownership(scene.spool.ownership());
    CHECK(text_of(scene.spool) == "[lost]\n" + text.substr(200'000));
  }
  scene.push("more");
  const std::string expected = "[lost]\n" + text.substr(200'000) + "more";
  CHECK(scene.spool.hex_digest() == digest_of(expected));
  scene.die();
  CHECK(text_of(scene.spool) == expected);
  CHECK(scene.spool.hex_digest() == digest_of(expected));
}
