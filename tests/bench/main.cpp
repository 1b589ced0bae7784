// What a log costs on its way, beside the floor of a plain pipe over TCP taken in the same run.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/delays.hpp"
#include "bench/log_text.hpp"
#include "bench/number.hpp"
#include "bench/processes.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""ms;

constexpr auto kSampleEvery = 10ms;
constexpr int kLineIntervalMs = 100;  // 10 lines/s, as a build prints them
constexpr double kIdleSeconds = 5;

struct Options {
  std::uint64_t bytes = 1ULL << 30;
  int many = 100;    // streams at once
  int seconds = 10;  // of each measurement of latency
};

struct Setting {
  std::string self;     // this program
  std::string program;  // vela-logs
  std::string directory;
  std::string url;
};

void print_row(const std::string& what, const std::string& value, const std::string& aim) {
  std::printf("  %-52s %14s   %s\n", what.c_str(), value.c_str(), aim.c_str());
}

std::string number(double value, const char* unit, int digits = 2) {
  return fixed(value, digits) + " " + unit;
}

std::string mib(std::uint64_t kib) { return number(static_cast<double>(kib) / 1024, "MiB"); }

// ---- latency

std::vector<double> follow(Process& tail, Sampler& sampler) {
  std::vector<double> delays;
  std::string text;
  std::array<char, 64 * 1024> buffer{};
  auto sample_at = std::chrono::steady_clock::now();
  while (true) {
    pollfd ready{tail.out(), POLLIN, 0};
    if (::poll(&ready, 1, 1000) == 1) {
      const ssize_t length = ::read(tail.out(), buffer.data(), buffer.size());
      const long long now = now_nanoseconds();
      if (length <= 0) return delays;
      text.append(buffer.data(), static_cast<std::size_t>(length));
      for (const Delay& delay : take_delays(text, now)) delays.push_back(delay.milliseconds);
    }
    if (std::chrono::steady_clock::now() < sample_at) continue;
    sampler.sample();
    sample_at = std::chrono::steady_clock::now() + 500ms;
  }
}

struct LatencyCase {
  int build = 0;
  int steps = 1;
  std::string method;
};

void measure_latency(const Setting& setting, const Process& server, const Options& options,
                     const LatencyCase& latency) {
  const std::string name = "bench/latency/" + std::to_string(latency.build);
  const int lines = options.seconds * 1000 / kLineIntervalMs;
  Process tail({setting.program, "tail", "--server", setting.url, name}, true);
  std::vector<Process> steps;
  std::vector<pid_t> pids{server.pid()};
  const double begin_cpu = usage_of(server.pid()).cpu_seconds;
  const double begin = now_seconds();
  for (int i = 1; i <= latency.steps; ++i) {
    steps.push_back(
        Process({setting.program, "run-step", "--quiet", "--server", setting.url, "--method",
                 latency.method, "--log", name + "/steps/" + std::to_string(i), "--", setting.self,
                 "--timed-lines", std::to_string(lines)},
                false));
    pids.push_back(steps.back().pid());
  }
  Sampler sampler(pids);
  std::thread closer([&] {
    for (Process& step : steps)
      if (step.wait() != 0) std::fprintf(stderr, "bench: a run-step failed\n");
    const std::string end = setting.url + "/api/v1/repos/bench/latency/builds/" +
                            std::to_string(latency.build) + "/end";
    Process({"curl", "-sS", "-X", "POST", "-o", "/dev/null", end}, false).wait();
  });
  const std::vector<double> delays = follow(tail, sampler);
  closer.join();
  tail.wait();
  const double seconds = now_seconds() - begin;
  const bool is_one = latency.steps == 1;
  std::printf("\n%d step(s) by %s, 10 lines/s each, %d s, followed by one tail: %zu of %d lines\n",
              latency.steps, latency.method.c_str(), options.seconds, delays.size(),
              lines * latency.steps);
  print_row("child's write to tail's output, p50", number(percentile(delays, 0.5), "ms", 3),
            is_one ? "aim: at most 1 ms" : "");
  print_row("p99", number(percentile(delays, 0.99), "ms", 3), is_one ? "aim: at most 10 ms" : "");
  print_row("max", number(percentile(delays, 1), "ms", 3), "");
  Usage steps_usage;
  for (std::size_t i = 1; i < pids.size(); ++i) {
    steps_usage.cpu_seconds += sampler[i].cpu_seconds;
    steps_usage.private_kib = std::max(steps_usage.private_kib, sampler[i].private_kib);
  }
  print_row("run-step, private memory of the largest", mib(steps_usage.private_kib),
            "aim: at most 6 MiB");
  print_row("run-step, CPU of one core for all",
            number(steps_usage.cpu_seconds / seconds * 100, "%"), "");
  print_row("serve, private memory", mib(sampler[0].private_kib), "");
  print_row("serve, CPU of one core",
            number((sampler[0].cpu_seconds - begin_cpu) / seconds * 100, "%"), "");
}

// ---- throughput

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

// Seconds for `cat f | nc` to `nc | cat > f`: what a user would do by hand.
double measure_floor(const Setting& setting, const std::string& text) {
  const std::string port = std::to_string(free_port());
  const std::string copy = setting.directory + "/copy";
  Process receiver({"sh", "-c", "nc -l 127.0.0.1 " + port + " | cat > " + copy}, false);
  std::this_thread::sleep_for(500ms);  // nc has no way to say that it listens
  const double begin = now_seconds();
  Process sender({"sh", "-c", "cat " + text + " | nc -N 127.0.0.1 " + port}, false);
  sender.wait();
  receiver.wait();
  const double seconds = now_seconds() - begin;
  if (std::filesystem::file_size(copy) != std::filesystem::file_size(text))
    std::fprintf(stderr, "bench: the floor lost bytes\n");
  std::filesystem::remove(copy);
  return seconds;
}

void measure_throughput(const Setting& setting, const Process& server, const Options& options) {
  const std::string text = setting.directory + "/text";
  write_log_text(text, options.bytes);
  const double megabytes = static_cast<double>(options.bytes) / 1e6;
  // The order alternates so that neither always meets a warmer machine.
  const double floor_before = measure_floor(setting, text);
  const double begin_cpu = usage_of(server.pid()).cpu_seconds;
  const double begin = now_seconds();
  Process step({setting.program, "run-step", "--quiet", "--server", setting.url, "--log",
                "bench/throughput/1/steps/1", "--", "cat", text},
               false);
  Sampler sampler({step.pid(), server.pid()});
  while (!step.has_ended()) {
    sampler.sample();
    std::this_thread::sleep_for(kSampleEvery);
  }
  if (step.wait() != 0) std::fprintf(stderr, "bench: run-step failed\n");
  const double seconds = now_seconds() - begin;
  sampler.sample();
  const double floor = (floor_before + measure_floor(setting, text)) / 2;

  std::printf("\nOne stream of %.0f MB of log text, from the child to committed and sealed\n",
              megabytes);
  print_row("cat | nc to nc | cat > file (the floor)", number(megabytes / floor, "MB/s", 0), "");
  print_row("cat under run-step to serve", number(megabytes / seconds, "MB/s", 0), "");
  print_row("ratio to the floor", number(floor / seconds, ""), "aim: at least 0.4");
  print_row("run-step, CPU", number(sampler[0].cpu_seconds, "s"), "");
  print_row("run-step, private memory", mib(sampler[0].private_kib), "aim: at most 32 MiB");
  print_row("serve, CPU", number(sampler[1].cpu_seconds - begin_cpu, "s"), "");
  print_row("serve, private memory", mib(sampler[1].private_kib), "");
  std::filesystem::remove(text);
}

// ---- a server that is away

// Bytes that a file takes on the disk; all files of a directory.
double megabytes_on_disk(const std::string& directory) {
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    struct stat status{};
    if (::stat(entry.path().c_str(), &status) == 0)
      bytes += static_cast<double>(status.st_blocks) * 512;
  }
  return bytes / 1e6;
}

// Everything is produced while nobody listens; then `--resume` has a server again.
void measure_spool(const Setting& setting, const Options& options) {
  const std::string text = setting.directory + "/text";
  write_log_text(text, options.bytes);
  const double megabytes = static_cast<double>(options.bytes) / 1e6;
  const std::string port = std::to_string(free_port());
  const std::string spools = setting.directory + "/spools";
  const double begin = now_seconds();
  Process step({setting.program, "run-step", "--quiet", "--server", "http://127.0.0.1:" + port,
                "--log", "bench/spool/1/steps/1", "--spool-dir", spools, "--spool-limit", "2GiB",
                "--drain-timeout", "1ms", "--", "cat", text},
               false);
  Sampler stepping({step.pid()});
  while (!step.has_ended()) {
    stepping.sample();
    std::this_thread::sleep_for(kSampleEvery);
  }
  step.wait();
  const double seconds = now_seconds() - begin;
  const double on_disk = megabytes_on_disk(spools);

  Process server({setting.program, "serve", "--listen", "127.0.0.1:" + port, "--store",
                  setting.directory + "/spool.db"},
                 true);
  static_cast<void>(read_line(server.out()));
  const double resumed = now_seconds();
  Process resume({setting.program, "run-step", "--resume", "--spool-dir", spools}, false);
  Sampler resuming({resume.pid()});
  while (!resume.has_ended()) {
    resuming.sample();
    std::this_thread::sleep_for(kSampleEvery);
  }
  if (resume.wait() != 0) std::fprintf(stderr, "bench: run-step --resume failed\n");
  const double delivery = now_seconds() - resumed;
  server.signal(SIGTERM);
  server.wait();

  std::printf("\n%.0f MB of log text with the server away, --spool-limit 2GiB, then --resume\n",
              megabytes);
  print_row("cat under run-step into the spool", number(megabytes / seconds, "MB/s", 0), "");
  print_row("run-step, CPU", number(stepping[0].cpu_seconds, "s"), "");
  print_row("run-step, private memory", mib(stepping[0].private_kib), "aim: at most 32 MiB");
  print_row("the spool on the disk", number(on_disk, "MB", 0), "");
  print_row("run-step --resume to serve", number(megabytes / delivery, "MB/s", 0), "");
  print_row("run-step --resume, private memory", mib(resuming[0].private_kib), "");
  print_row("the spool on the disk, delivered", number(megabytes_on_disk(spools), "MB", 0), "");
  std::filesystem::remove(text);
}

// ---- idle

void measure_idle(const Process& server) {
  const Usage before = usage_of(server.pid());
  std::this_thread::sleep_for(std::chrono::duration<double>(kIdleSeconds));
  const Usage after = usage_of(server.pid());
  std::printf("\nserve, with nothing to do for %.0f s\n", kIdleSeconds);
  print_row("private memory", mib(after.private_kib), "aim: at most 16 MiB");
  print_row("CPU", number(after.cpu_seconds - before.cpu_seconds, "s"), "aim: 0");
}

int run(const Options& options, const std::string& self) {
  Setting setting;
  setting.self = self;
  const char* built = std::getenv("VELA_LOGS_BIN");
  setting.program = built != nullptr ? built : VELA_LOGS_BUILT_BIN;
  std::string pattern = (std::filesystem::temp_directory_path() / "vela-bench-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return EXIT_FAILURE;
  setting.directory = pattern;
  ::setenv("VELA_LOGS_SPOOL_DIR", (setting.directory + "/spools").c_str(), 1);
  {
    Process server({setting.program, "serve", "--listen", "127.0.0.1:0", "--store",
                    setting.directory + "/bench.db"},
                   true);
    const std::string line = read_line(server.out());
    setting.url = line.substr(line.rfind(' ') + 1);
    measure_idle(server);
    measure_latency(setting, server, options, {1, 1, "auto"});
    measure_latency(setting, server, options, {2, 1, "stream"});
    measure_latency(setting, server, options, {3, 1, "append"});
    measure_latency(setting, server, options, {4, options.many, "auto"});
    measure_throughput(setting, server, options);
    server.signal(SIGTERM);
    if (server.wait() != 0) std::fprintf(stderr, "bench: serve failed\n");
  }
  measure_spool(setting, options);
  std::filesystem::remove_all(setting.directory);
  return EXIT_SUCCESS;
}

int usage() {
  std::fputs("usage: bench [--bytes N] [--streams N] [--seconds N]\n", stderr);
  return 2;
}

}  // namespace
}  // namespace vela::bench

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  vela::bench::Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    const long long value = i + 1 < argc ? std::atoll(argv[i + 1]) : 0;
    if (value <= 0) return vela::bench::usage();
    if (flag == "--timed-lines") {
      vela::bench::print_timed_lines(static_cast<int>(value), vela::bench::kLineIntervalMs);
      return EXIT_SUCCESS;
    }
    if (flag == "--bytes") {
      options.bytes = static_cast<std::uint64_t>(value);
    } else if (flag == "--streams") {
      options.many = static_cast<int>(value);
    } else if (flag == "--seconds") {
      options.seconds = static_cast<int>(value);
    } else {
      return vela::bench::usage();
    }
  }
  return vela::bench::run(options, std::filesystem::canonical("/proc/self/exe").string());
}
