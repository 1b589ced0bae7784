// What writers feel while retention deletes: `make bench-retention`.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>

#include "core/base/quantity.hpp"

#include "bench/delays.hpp"
#include "bench/flags.hpp"
#include "bench/number.hpp"
#include "bench/processes.hpp"
#include "bench/retention/fill.hpp"
#include "bench/retention/line_writers.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""ms;

// A file that was not shortened for so long will not be.
constexpr double kSettledSeconds = 15;
constexpr double kLongestPass = 1800;

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_retention: %s\n", what.c_str());
  std::_Exit(1);
}

std::uint64_t disk_bytes(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return 0;
  return static_cast<std::uint64_t>(status.st_blocks) * 512;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string content_of_metrics(PlainHttp& http) { return http.request("GET", "/metrics"); }

// A served store in a directory of its own.
struct Scene {
  explicit Scene(const std::string& directory)
      : store(directory + "/bench.db"),
        config(directory + "/bench.toml"),
        messages(directory + "/messages") {}

  void configure(const std::string& retention) const {
    std::ofstream(config) << "store = \"" << store << "\"\nlisten = \"127.0.0.1:0\"\n" << retention;
  }
  int serve() {
    const char* built = std::getenv("VELA_LOGS_BIN");
    const int errors = ::open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    server = std::make_unique<Process>(
        std::vector<std::string>{built == nullptr ? VELA_LOGS_BUILT_BIN : built, "serve",
                                 "--config", config},
        true, errors);
    ::close(errors);
    const std::string line = read_line(server->out());
    const auto colon = line.rfind(':');
    if (colon == std::string::npos) fail("serve does not start: " + content_of(messages));
    return std::atoi(line.c_str() + colon + 1);
  }

  const std::string store;
  const std::string config;
  const std::string messages;
  std::unique_ptr<Process> server;
};

struct Phase {
  std::vector<double> delays;
  void add(const std::vector<double>& more) {
    delays.insert(delays.end(), more.begin(), more.end());
  }
};

void print_row(const char* what, const Phase& phase) {
  std::printf("  %-34s %8zu %9s %9s %9s\n", what, phase.delays.size(),
              fixed(percentile(phase.delays, 0.5), 1).c_str(),
              fixed(percentile(phase.delays, 0.99), 1).c_str(),
              fixed(percentile(phase.delays, 1), 1).c_str());
}

void wait(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// Until the pass has ended and the file no longer shrinks; how long each took.
struct PassTime {
  double deleted = 0;
  double given_back = 0;
};

// What writers felt until then goes into `during`, what came after it into `after`.
PassTime wait_for_pass(const Scene& scene, PlainHttp& http, LineWriters& writers, Phase& during,
                       Phase& after) {
  const double begun = now_seconds();
  Phase pending;
  PassTime time;
  std::uint64_t size = disk_bytes(scene.store);
  double shrunk = begun;
  double settled_since = begun;
  while (now_seconds() - begun < kLongestPass) {
    wait(0.1);
    pending.add(writers.take_delays());
    const std::uint64_t now = disk_bytes(scene.store);
    const bool is_erased = content_of_metrics(http).find("logs_to_erase 0\n") != std::string::npos;
    if (now < size || !is_erased) shrunk = now_seconds();
    size = now;
    const bool is_deleted =
        content_of(scene.messages).find("retention: deleted") != std::string::npos;
    if (!is_deleted) shrunk = now_seconds();
    if (is_deleted && time.deleted == 0) time.deleted = now_seconds() - begun;
    if (shrunk > settled_since) {
      settled_since = shrunk;
      during.add(pending.delays);
      pending.delays.clear();
    }
    if (now_seconds() - shrunk < kSettledSeconds) continue;
    after.add(pending.delays);
    time.given_back = shrunk - begun;
    return time;
  }
  fail("the pass does not end: " + content_of(scene.messages));
}

void check_logs(int port, const Filling& filling) {
  PlainHttp http(port);
  const std::string base = "/api/v1/repos/octocat/";
  for (int i = 1; i <= filling.kept_logs; ++i)
    if (http.request("GET", base + "kept/builds/1/steps/" + std::to_string(i) + "/logs") !=
        kept_text(i))
      fail("a log that stays has changed");
  if (!http.request("GET", base + "big/builds/1/steps/1/logs").empty() ||
      !http.request("GET", base + "old/builds/1/steps/1/logs").empty())
    fail("a log that should be gone is there");
}

void print_table(const Phase& without, const Phase& during, const PassTime& time,
                 std::uint64_t before, std::uint64_t after) {
  std::printf("\nacknowledgement, durable, in ms       lines       p50       p99       max\n");
  print_row("before and after", without);
  print_row("while logs are deleted", during);
  const double more = percentile(during.delays, 0.99) - percentile(without.delays, 0.99);
  std::printf("\n  more at p99                  %s ms (aim: at most 5)\n", fixed(more, 1).c_str());
  std::printf("  deleted after                %s s\n", fixed(time.deleted, 1).c_str());
  std::printf("  space given back after       %s s\n", fixed(time.given_back, 1).c_str());
  std::printf("  on disk, before -> after     %s -> %s\n", base::format_rough_size(before).c_str(),
              base::format_rough_size(after).c_str());
}

int run(const Flags& flags) {
  const std::string directory = flags.text("directory");
  std::filesystem::create_directories(directory);
  Scene scene(directory);
  for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(scene.store + end);
  const Filling filling{flags.integer("logs"),
                        static_cast<std::uint64_t>(flags.number("big-mib") * 1024 * 1024),
                        flags.integer("kept")};
  const double fill_begun = now_seconds();
  if (const auto filled = fill(scene.store, filling); !filled) fail(filled.error().text());
  const std::uint64_t before = disk_bytes(scene.store);
  std::printf("filled %d logs and one of %s in %s s: %s\n", filling.small_logs,
              base::format_rough_size(filling.big_bytes).c_str(),
              fixed(now_seconds() - fill_begun, 1).c_str(),
              base::format_rough_size(before).c_str());
  std::fflush(stdout);
  scene.configure("");
  const int port = scene.serve();
  Phase without;
  Phase during;
  PassTime time;
  {
    PlainHttp http(port);
    LineWriters writers(port, flags.integer("writers"));
    wait(flags.number("warm-up"));
    static_cast<void>(writers.take_delays());
    wait(flags.number("seconds"));
    without.add(writers.take_delays());
    scene.configure("[retention]\nmax_age = \"30d\"\n");
    scene.server->signal(SIGHUP);
    time = wait_for_pass(scene, http, writers, during, without);
    wait(flags.number("seconds"));
    without.add(writers.take_delays());
  }
  check_logs(port, filling);
  scene.server->signal(SIGTERM);
  if (scene.server->wait() != 0) fail("serve did not end well: " + content_of(scene.messages));
  print_table(without, during, time, before, disk_bytes(scene.store));
  std::filesystem::remove(scene.store);
  return 0;
}

}  // namespace
}  // namespace vela::bench

int main(int argc, char** argv) {
  const vela::bench::Flags flags(argc, argv,
                                 {{"directory", "bench-retention"},
                                  {"logs", "100000"},
                                  {"big-mib", "5120"},
                                  {"kept", "200"},
                                  {"writers", "20"},
                                  {"warm-up", "5"},
                                  {"seconds", "60"}});
  return vela::bench::run(flags);
}
