#include "core/buffer/spool.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "support/spool_scene.hpp"

using namespace std::chrono_literals;
using namespace vela;
using namespace vela::buffer;
using namespace vela::test;

TEST_CASE("what a dead run held is there again, with its times, streams and digest") {
  SpoolScene scene;
  scene.push("hello ");
  scene.spool.append("world\n", base::WallTime(2s), logs::Stream::err);
  const Ownership before = scene.spool.ownership();
  scene.die();
  CHECK(scene.spool.ownership() == before);
  CHECK(text_of(scene.spool) == "hello world\n");
  CHECK(scene.spool.hex_digest() == digest_of("hello world\n"));
  const auto slices = scene.spool.slices(0, 100);
  REQUIRE(slices.size() == 1);
  const auto marks = slices.front().marks();
  REQUIRE(marks.size() == 2);
  CHECK(marks[1] == logs::TimeMark{6, base::WallTime(2s), logs::Stream::err});
  CHECK_FALSE(scene.spool.found_end().has_value());
  scene.push("more\n");
  scene.die();
  CHECK(text_of(scene.spool) == "hello world\nmore\n");
}

TEST_CASE("much more than the memory window comes back from the file, in any pieces") {
  SpoolScene scene;
  const std::string text = noise(9'000'000);
  scene.push_all(text, 70'000);
  CHECK(scene.spool.memory() < 5'000'000);
  CHECK(text_of(scene.spool) == text);
  CHECK(text_of(scene.spool, 1000) == text);
  for (const logs::Offset at : {8'999'999U, 5U, 4'000'000U, 0U})
    CHECK(scene.spool.slices(at, 1).front().bytes() == text.substr(at, 1));
  scene.die();
  CHECK(text_of(scene.spool) == text);
  CHECK(scene.spool.hex_digest() == digest_of(text));
}

TEST_CASE("disk space is given back as bytes become durable, and the digest goes on") {
  SpoolScene scene;
  const std::string text = noise(40'500'000);
  scene.push_all(text, 64'000);
  const std::uint64_t before = scene.disk_bytes();
  scene.spool.free_until(38'000'000);
  CHECK(scene.disk_bytes() + 8'000'000 < before);
  CHECK(text_of(scene.spool) == text.substr(38'000'000));
  scene.die();
  CHECK(scene.spool.begin() <= 38'000'000);
  CHECK(text_of(scene.spool) == text.substr(scene.spool.begin()));
  CHECK(scene.spool.hex_digest() == digest_of(text));
  for (logs::Offset at = scene.spool.begin(); at <= 40'500'000; at += 100'000)
    scene.spool.free_until(at);
  scene.spool.free_until(40'500'000);
  CHECK(scene.disk_bytes() < 100'000);
  scene.push("tail\n");
  scene.die();
  CHECK(text_of(scene.spool) == "tail\n");
  CHECK(scene.spool.begin() == 40'500'000);
  CHECK(scene.spool.hex_digest() == digest_of(text + "tail\n"));
}

TEST_CASE("a torn or damaged record ends what is resumed, and what follows takes its place") {
  for (const bool is_torn : {true, false}) {
    CAPTURE(is_torn);
    SpoolScene scene;
    scene.push("first\n");
    scene.push("second\n");
    const std::string path = scene.spool.path();
    if (is_torn) {
      struct stat status{};
      REQUIRE(::stat(path.c_str(), &status) == 0);
      REQUIRE(::truncate(path.c_str(), status.st_size - 1) == 0);
    } else {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(-3, std::ios::end);
      file.put('X');
    }
    scene.die();
    CHECK(text_of(scene.spool) == "first\n");
    CHECK(scene.spool.hex_digest() == digest_of("first\n"));
    scene.push("third\n");
    scene.die();
    CHECK(text_of(scene.spool) == "first\nthird\n");
  }
}

TEST_CASE("a slot that was torn leaves the one before; without both there is no spool") {
  SpoolScene scene;
  scene.push("bytes\n");
  Ownership changed = scene.spool.ownership();
  changed.lost = 1;
  scene.spool.set_ownership(changed);  // the third state: slot 1
  changed.lost = 2;
  scene.spool.set_ownership(changed);  // the fourth: slot 0
  const auto damage = [&](std::uint64_t place) {
    std::fstream file(scene.spool.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(place) + 20);
    file.write("XXXX", 4);
  };
  damage(kSlotPlaces[0]);
  scene.die();
  CHECK(scene.spool.ownership().lost == 1);
  CHECK(text_of(scene.spool) == "bytes\n");
  damage(kSlotPlaces[1]);
  const std::string path = scene.spool.path();
  scene.spool = Spool();
  CHECK(SpoolDirectory::claim(path).error().code() == ErrorCode::corrupt);
}

TEST_CASE("the end is found again as it was written, and outlives the bytes") {
  SpoolScene scene;
  scene.push_all(noise(3'000'000), 64'000);
  logs::Seal seal;
  seal.length = 3'000'000;
  seal.sha256 = scene.spool.hex_digest();
  seal.status = logs::StepStatus::failure;
  seal.exit_code = 3;
  seal.dropped = 9;
  scene.spool.write_end(seal);
  scene.die();
  REQUIRE(scene.spool.found_end().has_value());
  CHECK(*scene.spool.found_end() == seal);
  CHECK(scene.spool.hex_digest() == seal.sha256);
  scene.spool.free_until(3'000'000);
  scene.die();
  REQUIRE(scene.spool.found_end().has_value());
  CHECK(*scene.spool.found_end() == seal);
}

TEST_CASE("a log that is moved keeps its bytes, marker first, also for a later process") {
  SpoolScene scene;
  const std::string text = noise(6'000'000);
  scene.push_all(text, 64'000);
  scene.spool.free_until(2'000'003);
  scene.spool.move_to(7, "[lost]\n", kTime);
  Ownership ownership = scene.spool.ownership();
  ownership.lost = 5;
  scene.spool.set_ownership(ownership);
  const std::string expected = "[lost]\n" + text.substr(2'000'003);
  CHECK(scene.spool.begin() == 7);
  CHECK(text_of(scene.spool) == expected);
  CHECK(scene.spool.hex_digest() == digest_of(expected));
  scene.die();
  CHECK(scene.spool.begin() == 7);
  CHECK(scene.spool.base() == 7);
  CHECK(text_of(scene.spool) == expected);
  CHECK(scene.spool.hex_digest() == digest_of(expected));
  scene.push("more");
  scene.spool.free_until(3'000'000);
  CHECK(text_of(scene.spool) == (expected + "more").substr(3'000'000 - 7));
  scene.die();
  CHECK(scene.spool.hex_digest() == digest_of(expected + "more"));
  CHECK(text_of(scene.spool) == (expected + "more").substr(scene.spool.begin() - 7));
}

TEST_CASE("two moves while nothing gets through keep both markers") {
  SpoolScene scene;
  scene.push("abcdef");
  scene.spool.free_until(2);
  scene.spool.move_to(100, "[one]", kTime);
  scene.spool.free_until(101);
  scene.spool.move_to(0, "[two]", kTime);
  CHECK(text_of(scene.spool) == "[two]one]cdef");
  scene.spool.begin_at(7);
  CHECK(text_of(scene.spool) == "e]cdef");
  CHECK(scene.spool.hex_digest() == digest_of("e]cdef"));
  scene.spool.set_ownership(scene.spool.ownership());
  scene.die();
  CHECK(text_of(scene.spool) == "e]cdef");
  scene.spool.begin_at(10);
  CHECK(text_of(scene.spool) == "def");
  scene.spool.set_ownership(scene.spool.ownership());
  scene.die();
  CHECK(text_of(scene.spool) == "def");
  CHECK(scene.spool.hex_digest() == digest_of("def"));
}

TEST_CASE("a spool is full at its limit and has room again when bytes are durable") {
  SpoolScene scene;
  const std::string mebibyte(1024 * 1024, 'x');
  while (!scene.spool.is_half_full(16 << 20)) scene.push(mebibyte);
  CHECK(scene.spool.end() <= kSpoolLimit / 2);
  while (!scene.spool.is_full(16 << 20)) scene.push(mebibyte);
  CHECK(scene.spool.end() <= kSpoolLimit);
  CHECK(scene.spool.end() + 2 * mebibyte.size() > kSpoolLimit);
  scene.spool.free_until(4 << 20);
  CHECK_FALSE(scene.spool.is_full(16 << 20));
}

TEST_CASE("without a file everything is in memory, and that is what fills it") {
  Spool spool;
  spool.append("hello", kTime, logs::Stream::out);
  CHECK(text_of(spool) == "hello");
  CHECK_FALSE(spool.is_full(10'000));
  spool.append(std::string(10'000, 'x'), kTime, logs::Stream::out);
  CHECK(spool.is_full(10'000));
  spool.discard();
  CHECK_FALSE(spool.is_full(10'000));
}

TEST_CASE("a spool is private, and held by one at a time") {
  SpoolScene scene;
  struct stat status{};
  REQUIRE(::stat(scene.spool.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  REQUIRE(::stat(scene.directory.path().c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  const std::string path = scene.spool.path();
  CHECK(scene.directory.find("", {}) == std::vector<std::string>{path});
  const auto held = SpoolDirectory::claim(path);
  REQUIRE(held.has_value());
  CHECK_FALSE(held->has_value());
  // Whose it is can be seen all the same.
  const auto log = logs::LogId::parse("octocat/hello/42/steps/3").value();
  CHECK(scene.directory.find("http://127.0.0.1:1", log) == std::vector<std::string>{path});
  CHECK(scene.directory.find("http://else", log).empty());
  scene.spool.reject_file();
  CHECK(scene.directory.find("", {}).empty());
  CHECK(scene.spool.path() == path + ".rejected");
  scene.spool = scene.make();
  scene.spool.remove_file();
  CHECK(scene.directory.find("", {}).empty());
}

TEST_CASE("what was refused goes after a week") {
  const SpoolScene scene;
  const std::string old = scene.directory.path() + "/x.spool.rejected";
  const std::string young = scene.directory.path() + "/y.spool.rejected";
  for (const std::string& path : {old, young}) std::ofstream(path) << "x";
  const timespec week_ago{::time(nullptr) - 8 * 24 * 3600, 0};
  const timespec times[2]{week_ago, week_ago};
  REQUIRE(::utimensat(AT_FDCWD, old.c_str(), times, 0) == 0);
  REQUIRE(SpoolDirectory::open(scene.directory.path()).has_value());
  CHECK(::access(old.c_str(), F_OK) != 0);
  CHECK(::access(young.c_str(), F_OK) == 0);
}

TEST_CASE("the default place is root's or the user's state directory") {
  CHECK(default_spool_directory(true, [](const char*) -> const char* { return nullptr; }) ==
        "/var/lib/vela-logs/spool");
  CHECK(default_spool_directory(false, [](const char*) -> const char* { return nullptr; }).empty());
  CHECK(default_spool_directory(false, [](const char* name) -> const char* {
          return std::string(name) == "HOME" ? "/home/o" : nullptr;
        }) == "/home/o/.local/state/vela-logs/spool");
  CHECK(default_spool_directory(false, [](const char*) -> const char* { return "/s"; }) ==
        "/s/vela-logs/spool");
}
