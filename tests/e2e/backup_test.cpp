// Backups beside a running serve, and what writers do when an older one is put in its place.
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/noise.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "support/temp_dir.hpp"

using namespace vela::test;

namespace {

const std::string kLog = "octocat/hello/42/steps/1";
constexpr std::size_t kMiB = 1024 * 1024;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Finished back_up(const Server& server, const std::string& target) {
  return run({"serve", "--store", server.store(), "--backup-to", target});
}

std::size_t durable(const Server& server) {
  const std::string text = server.build("HEAD", "/steps/1/logs").header("vela-logs-durable");
  return text.empty() ? 0 : std::stoul(text);
}

// Writers of one small append after another, each acknowledged once it is stored, and beside them
// one of large appends, which makes the write-ahead log grow.
class Writers {
 public:
  using Delay = std::chrono::microseconds;

  Writers(const Server& server, int count, int first) {
    for (int i = 0; i < count; ++i)
      threads_.emplace_back([this, &server, number = first + i] { write(server, number); });
    threads_.emplace_back([this, &server, number = first + count] { load(server, number); });
  }
  // What each acknowledgement took, sorted.
  std::vector<Delay> stop() {
    is_stopped_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    std::sort(delays_.begin(), delays_.end());
    return delays_;
  }
  ~Writers() { static_cast<void>(stop()); }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  std::atomic<int> acknowledged = 0;
  std::atomic<int> refused = 0;
  std::atomic<std::uintmax_t> log_bytes = 0;  // of the write-ahead log at its largest

 private:
  void write(const Server& server, int number) {
    std::vector<Delay> delays;
    const std::string path = "/services/" + std::to_string(number) + "/logs?offset=";
    for (std::size_t at = 0; !is_stopped_; at += 100) {
      const auto begun = std::chrono::steady_clock::now();
      const HttpReply reply =
          server.build("PATCH", path + std::to_string(at) + "&durable=" + std::to_string(at + 100),
                       std::string(100, 'x'));
      delays.push_back(std::chrono::duration_cast<Delay>(std::chrono::steady_clock::now() - begun));
      const bool is_stored = contains(reply.body, "\"durable\":" + std::to_string(at + 100));
      ++(is_stored ? acknowledged : refused);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::lock_guard lock(mutex_);
    delays_.insert(delays_.end(), delays.begin(), delays.end());
  }

  void load(const Server& server, int number) {
    const std::string bytes = noise_of(kMiB / 2, static_cast<std::uint32_t>(number));
    const std::string path = "/services/" + std::to_string(number) + "/logs?offset=";
    for (std::size_t at = 0; !is_stopped_; at += bytes.size()) {
      const std::string durable = "&durable=" + std::to_string(at + bytes.size());
      if (server.build("PATCH", path + std::to_string(at) + durable, bytes).status != 200)
        ++refused;
      log_bytes = std::max(log_bytes.load(), std::filesystem::file_size(server.store() + "-wal"));
    }
  }

  std::atomic<bool> is_stopped_ = false;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::vector<Delay> delays_;  // guarded by mutex_
};

std::string describe(const std::vector<Writers::Delay>& delays) {
  const auto at = [&delays](double share) {
    const auto last = static_cast<double>(delays.size() - 1);
    return std::to_string(delays[static_cast<std::size_t>(share * last)].count() / 1000) + " ms";
  };
  return std::to_string(delays.size()) + " acknowledgements, median " + at(0.5) + ", p99 " +
         at(0.99) + ", longest " + at(1);
}

// How much is stored when delays are measured: MiB, from $VELA_BACKUP_MIB.
std::size_t mebibytes_to_store() {
  const char* text = std::getenv("VELA_BACKUP_MIB");
  return text == nullptr ? 8 : std::stoul(text);
}

// What the files of a directory take on the disk, without what was punched out of them.
std::uint64_t allocated_bytes(const std::string& directory) {
  constexpr std::uint64_t kBlock = 512;  // of st_blocks
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    struct stat file{};
    if (::stat(entry.path().c_str(), &file) == 0)
      bytes += static_cast<std::uint64_t>(file.st_blocks) * kBlock;
  }
  return bytes;
}

}  // namespace

TEST_CASE("a backup is made beside a running serve, says what it has, and writes over nothing") {
  const Server server;
  const TempDir dir;
  CHECK(server.build("PATCH", "/steps/1/logs?offset=0&durable=5", "hello").status == 200);
  const Finished made = back_up(server, dir / "copy.db");
  CHECK(made.code == 0);
  CHECK(contains(made.out, dir / "copy.db: 1 logs, "));
  CHECK(contains(made.out, "every log is as its digest says"));
  const Finished again = back_up(server, dir / "copy.db");
  CHECK(again.code == 1);
  CHECK(contains(again.err, "is there already"));
  const Server restored(dir / "copy.db");
  CHECK(restored.build("GET", "/steps/1/logs").body == "hello");
  CHECK(server.build("PATCH", "/steps/1/logs?offset=5", " world").status == 200);
}

TEST_CASE("an older backup is put in place below a running step, which goes on with a marker") {
  Server server;
  const TempDir dir;
  const std::string script = "echo one; while [ ! -e " + dir / "more" +
                             " ]; do sleep 0.02; done; seq 1 500000; while [ ! -e " + dir / "end" +
                             " ]; do sleep 0.02; done; echo the end";
  Program command(ProgramSetup({"run-step", "--server", server.url(), "--log", kLog, "--spool-dir",
                                dir / "spool", "--", "sh", "-c", script}));
  REQUIRE(eventually([&] { return durable(server) == 4; }));
  REQUIRE(back_up(server, dir / "copy.db").code == 0);
  dir.write("more", "");
  REQUIRE(eventually([&] { return durable(server) > 3'000'000; }));
  // The worker hears of that when its request ends; until then it could send all of it again.
  REQUIRE(eventually([&] { return allocated_bytes(dir / "spool") < 2'000'000; }));

  CHECK(server.terminate() == 0);
  for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(server.store() + suffix);
  std::filesystem::rename(dir / "copy.db", server.store());
  server.start();
  dir.write("end", "");
  const Finished finished = command.wait();
  CHECK(finished.code == 0);
  CHECK(contains(finished.err, "the server lost "));
  const HttpReply log = server.build("GET", "/steps/1/logs");
  const std::string marker = "one\n[vela-logs: the server lost ";
  REQUIRE(log.body.starts_with(marker));
  // What the worker still held follows in one piece, up to the end.
  const std::string held = log.body.substr(log.body.find(" bytes here]\n", marker.size()) + 13);
  CHECK(held.ends_with("the end\n"));
  CHECK((finished.out.ends_with(held)));
  CHECK(log.header("vela-logs-state") == "sealed");
  CHECK(log.header("vela-logs-complete") == "false");
}

// The delays are printed, not judged: a machine that is busy with other things would fail.
// VELA_BACKUP_MIB=2000 makes it a measurement.
TEST_CASE("writers are acknowledged while a backup is made") {
  const Server server;
  const TempDir dir;
  const std::size_t mebibytes = mebibytes_to_store();
  for (std::size_t i = 0; i < mebibytes; ++i)
    REQUIRE(server
                .build("PATCH",
                       "/steps/1/logs?offset=" + std::to_string(i * kMiB) +
                           "&durable=" + std::to_string((i + 1) * kMiB),
                       noise_of(kMiB, static_cast<std::uint32_t>(i)))
                .status == 200);
  std::vector<Writers::Delay> alone;
  {
    Writers writers(server, 4, 1);
    const int enough = mebibytes < 100 ? 50 : 2000;
    CHECK(eventually([&] { return writers.acknowledged >= enough; }));
    alone = writers.stop();
    CHECK(writers.refused == 0);
  }
  Writers writers(server, 4, 11);
  const auto begun = std::chrono::steady_clock::now();
  const Finished made = back_up(server, dir / "copy.db");
  CHECK(made.code == 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const std::vector<Writers::Delay> beside = writers.stop();
  CHECK(writers.refused == 0);
  REQUIRE_FALSE(alone.empty());
  REQUIRE_FALSE(beside.empty());
  MESSAGE("without a backup: " << describe(alone));
  MESSAGE("beside one of " << mebibytes << " MiB, which took " << took.count()
                           << " s: " << describe(beside) << "; the write-ahead log had "
                           << writers.log_bytes / kMiB << " MiB");
}
