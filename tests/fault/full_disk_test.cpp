// serve on a disk that fills up, is emptied again, or cannot be written to: a small tmpfs of its
// own.
#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "core/logs/acknowledgement.hpp"
#include "support/noise.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;
using vela::logs::Acknowledgement;

namespace {

constexpr std::size_t kMiB = 1024 * 1024;

// A file system of 8 MiB. Root alone may mount: without that the test is skipped, and says so.
class SmallDisk {
 public:
  SmallDisk() {
    is_mounted_ = ::mount("vela-logs-test", dir_.path().c_str(), "tmpfs", 0, "size=8m") == 0;
    if (!is_mounted_) std::printf("SKIP: cannot mount a tmpfs: %s\n", ::strerror(errno));
  }
  ~SmallDisk() {
    // Lazily: a server that is being killed may still hold a file.
    if (is_mounted_) ::umount2(dir_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return dir_ / name; }

  // Takes all space that is left, as another program's files do; empty() gives it back.
  void fill() {
    std::ofstream file(dir_ / "filler", std::ios::binary | std::ios::app);
    const std::string page(4096, 'x');
    while (file.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
    }
  }
  void empty() { std::filesystem::remove(dir_ / "filler"); }
  void make_read_only() {
    REQUIRE(::mount("", dir_.path().c_str(), "", MS_REMOUNT | MS_RDONLY, nullptr) == 0);
  }

 private:
  TempDir dir_;
  bool is_mounted_ = false;
};

Acknowledgement append(const Server& server, const std::string& log, std::size_t offset,
                       const std::string& bytes) {
  const std::string path = log + "/logs?durable=" + std::to_string(offset + bytes.size()) +
                           "&offset=" + std::to_string(offset);
  const HttpReply reply =
      server.build("PATCH", path, bytes, {"Vela-Logs-Writer: " + std::string(32, 'a')});
  REQUIRE(reply.status == 200);
  const auto ack = Acknowledgement::parse(reply.body);
  REQUIRE(ack.has_value());
  return *ack;
}

// With a store of before, or with none.
void prepare_store(const std::string& store) {
  SUBCASE("with a store of before") {
    Server server(store);
    CHECK(append(server, "/steps/1", 0, "hello").durable == 5);
    CHECK(server.terminate() == 0);
  }
  SUBCASE("with a new store") {}
}

// serve ends at once and says on which file, and `why`.
void check_refused(const std::string& store, const std::string& why) {
  const Finished refused = run({"serve", "--listen", "127.0.0.1:0", "--store", store});
  CHECK(refused.code == 1);
  CHECK(refused.err.find(store) != std::string::npos);
  CHECK(refused.err.find(why) != std::string::npos);
}

}  // namespace

TEST_CASE("a disk that fills up stops acknowledgements, and an emptied one lets all go on") {
  SmallDisk disk;
  if (!disk.is_mounted()) return;
  Server server(disk / "x.db");
  std::string text = noise_of(100'000, 1);
  CHECK(append(server, "/steps/1", 0, text).durable == text.size());
  disk.fill();

  // The write-ahead log has a little room of its own; then nothing is durable any more.
  Acknowledgement ack;
  do {
    const std::string more = noise_of(kMiB / 2, static_cast<std::uint32_t>(text.size()));
    ack = append(server, "/steps/1", text.size(), more);
    text += more;
    CHECK(ack.offset == text.size());
  } while (ack.durable == text.size());
  const std::size_t durable = ack.durable;
  REQUIRE(eventually([&] { return server.request("GET", "/health").status == 503; }));
  const HttpReply health = server.request("GET", "/health");
  CHECK(health.body.find("full") != std::string::npos);
  CHECK(health.body.find("free some space") != std::string::npos);
  // Readers have all of it, the new bytes from memory.
  CHECK((server.build("GET", "/steps/1/logs").body == text));
  CHECK(append(server, "/steps/2", 0, "another log").durable == 0);

  SUBCASE("space is freed while serve runs") {
    disk.empty();
    REQUIRE(eventually([&] { return server.request("GET", "/health").status == 200; }));
    CHECK(append(server, "/steps/1", text.size(), "").durable == text.size());
    CHECK((server.build("GET", "/steps/1/logs").body == text));
    server.kill9();
    server.start();
    CHECK((server.build("GET", "/steps/1/logs").body == text));
    CHECK(server.build("GET", "/steps/2/logs").body == "another log");
  }
  SUBCASE("serve is killed while the disk is full") {
    server.kill9();
    disk.empty();
    server.start();
    const std::string kept = server.build("GET", "/steps/1/logs").body;
    CHECK(kept.size() >= durable);
    CHECK((kept == text.substr(0, kept.size())));
    CHECK(append(server, "/steps/1", kept.size(), text.substr(kept.size())).durable == text.size());
  }
  SUBCASE("SIGTERM while the disk is full says that bytes were not stored") {
    CHECK(server.terminate() == 1);
    disk.empty();
    server.start();
    CHECK(server.build("GET", "/steps/1/logs").body.size() >= durable);
  }
}

TEST_CASE("serve that needs space to start says that the disk is full") {
  SmallDisk disk;
  if (!disk.is_mounted()) return;
  prepare_store(disk / "x.db");
  disk.fill();
  check_refused(disk / "x.db", "free some space");
  disk.empty();
  const Server server(disk / "x.db");
  CHECK(server.request("GET", "/health").status == 200);
}

TEST_CASE("serve that was killed starts on a full disk, is read from, and heals") {
  SmallDisk disk;
  if (!disk.is_mounted()) return;
  Server server(disk / "x.db");
  const std::string text = noise_of(kMiB, 3);
  CHECK(append(server, "/steps/1", 0, text.substr(0, kMiB / 2)).durable == kMiB / 2);
  server.kill9();
  disk.fill();
  server.start();
  CHECK((server.build("GET", "/steps/1/logs").body == text.substr(0, kMiB / 2)));
  disk.empty();
  CHECK(append(server, "/steps/1", kMiB / 2, text.substr(kMiB / 2)).offset == kMiB);
  REQUIRE(eventually([&] { return append(server, "/steps/1", kMiB, "").durable == kMiB; }));
}

TEST_CASE("serve on a read-only disk says that it is read-only") {
  SmallDisk disk;
  if (!disk.is_mounted()) return;
  prepare_store(disk / "x.db");
  disk.make_read_only();
  check_refused(disk / "x.db", "read-only");
}
