#include "bench/methods/measure.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/methods/follower.hpp"
#include "bench/methods/measured_server.hpp"
#include "bench/methods/stop.hpp"
#include "bench/methods/wire_count.hpp"

namespace vela::bench {
namespace {

using std::chrono_literals::operator""ms;

// Steps begin within this time, so that their seconds do not fall together.
constexpr auto kSpread = 1000ms;
// Steps print on for this long after the window, so that it ends before they do.
constexpr double kLongerSeconds = 1;
constexpr double kLongerChattySeconds = 0.5;
constexpr auto kSampleEvery = 200ms;
// For the last bytes to be sealed; beyond that something hangs.
constexpr double kEndSeconds = 90;

double seconds_of(const Setting& setting, const Case& what) {
  return what.is_chatty ? setting.chatty_seconds : setting.seconds;
}

// Of a chatty step all is measured: what a whole log costs shows from its first byte on.
double warm_up_of(const Setting& setting, const Case& what) {
  return what.is_chatty ? 0 : setting.warm_up;
}

double length_of(const Setting& setting, const Case& what) {
  return warm_up_of(setting, what) + seconds_of(setting, what) +
         (what.is_chatty ? kLongerChattySeconds : kLongerSeconds);
}

std::string milliseconds(double seconds) {
  return std::to_string(static_cast<long long>(seconds * 1000));
}

std::vector<std::string> driver_command(const Setting& setting, const Case& what,
                                        const MeasuredServer& server) {
  return {setting.writers,
          "--server",
          server.url(),
          "--build",
          std::string(kBuild),
          "--method",
          what.method,
          "--writers",
          std::to_string(what.steps),
          "--spread-ms",
          what.is_chatty ? "0" : std::to_string(kSpread.count()),
          "--length-ms",
          milliseconds(length_of(setting, what)),
          "--chatty",
          what.is_chatty ? "1" : "0",
          "--spool-dir",
          setting.directory + "/spools"};
}

std::vector<std::string> step_command(const Setting& setting, const Case& what,
                                      const MeasuredServer& server, int number) {
  return {setting.vela_logs,
          "run-step",
          "--quiet",
          "--strict",
          "--server",
          server.url(),
          "--method",
          what.method,
          "--log",
          std::string(kBuild) + "/steps/" + std::to_string(number),
          "--spool-dir",
          setting.directory + "/spools",
          "--",
          setting.self,
          "--print-seed",
          std::to_string(number),
          "--print-ms",
          milliseconds(length_of(setting, what)),
          "--print-spread-ms",
          what.is_chatty ? "0" : std::to_string(kSpread.count()),
          "--print-chatty",
          what.is_chatty ? "1" : "0"};
}

std::vector<Process> start_writers(const Setting& setting, const Case& what,
                                   const MeasuredServer& server) {
  std::vector<Process> writers;
  if (what.writers == Writers::driver) {
    writers.emplace_back(driver_command(setting, what, server), false, setting.errors);
    return writers;
  }
  for (int i = 1; i <= what.steps; ++i)
    writers.emplace_back(step_command(setting, what, server, i), false, setting.errors);
  return writers;
}

// What has been used so far.
struct Snapshot {
  double time = 0;
  double worker_cpu = 0;
  double server_cpu = 0;
  Traffic traffic;
};

// One case while it runs.
class Run {
 public:
  Run(const Setting& setting, const Case& what)
      : what_(what),
        setting_(setting),
        server_(setting, what),
        counter_(RequestCounter::listen_to(server_.port())) {}

  void go(Figures& figures) {
    const std::unique_ptr<Follower> follower = follow(setting_, what_, server_);
    const Traffic traffic = loopback_traffic();
    const double start = now_seconds();
    writers_ = start_writers(setting_, what_, server_);

    const double begin_at = start + warm_up_of(setting_, what_);
    sample_until(figures, begin_at);
    const Snapshot begin = snapshot();
    if (counter_) static_cast<void>(counter_->take());
    const long long window_begin = now_nanoseconds();
    sample_until(figures, begin_at + seconds_of(setting_, what_));
    const Snapshot end = snapshot();
    figures.requests_per_second = counter_ ? static_cast<double>(counter_->take()) : -1;
    const long long window_end = now_nanoseconds();
    set_window(figures, begin, end);

    wait_for_writers(figures);
    figures.wire_bytes = static_cast<double>(loopback_traffic().bytes - traffic.bytes);
    if (!what_.is_yardstick()) end_build();
    set_delays(figures, follower->finish(), window_begin, window_end);
    set_end(figures);
  }

 private:
  [[nodiscard]] Snapshot snapshot() const {
    Snapshot now;
    now.time = now_seconds();
    for (const Process& writer : writers_) now.worker_cpu += usage_of(writer.pid()).cpu_seconds;
    now.server_cpu = usage_of(server_.pid()).cpu_seconds;
    now.traffic = loopback_traffic();
    return now;
  }

  void sample(Figures& figures) {
    double private_mib = 0;
    double peak_mib = 0;
    double written = 0;
    for (const Process& writer : writers_) {
      const Usage usage = usage_of(writer.pid());
      private_mib += static_cast<double>(usage.private_kib) / 1024;
      peak_mib += static_cast<double>(usage.peak_kib) / 1024;
      written += static_cast<double>(written_bytes_of(writer.pid()));
    }
    figures.worker.private_mib = std::max(figures.worker.private_mib, private_mib);
    figures.worker.peak_mib = std::max(figures.worker.peak_mib, peak_mib);
    figures.worker.written_bytes = std::max(figures.worker.written_bytes, written);
    const Usage usage = usage_of(server_.pid());
    figures.server.private_mib =
        std::max(figures.server.private_mib, static_cast<double>(usage.private_kib) / 1024);
    figures.server.peak_mib =
        std::max(figures.server.peak_mib, static_cast<double>(usage.peak_kib) / 1024);
  }

  void sample_until(Figures& figures, double time) {
    while (true) {
      sample(figures);
      const std::chrono::duration<double> left(time - now_seconds());
      if (left.count() <= 0) return;
      pause(std::min(kSampleEvery, std::chrono::ceil<std::chrono::milliseconds>(left)));
    }
  }

  void wait_for_writers(Figures& figures) {
    const double until = now_seconds() + kEndSeconds;
    for (Process& writer : writers_) {
      while (!writer.has_ended() && now_seconds() < until)
        sample_until(figures, now_seconds() + 0.1);
      if (!writer.has_ended()) throw std::runtime_error("a writer does not end");
    }
    for (Process& writer : writers_)
      if (writer.wait() != 0) throw std::runtime_error("a writer failed");
  }

  void end_build() const {
    static_cast<void>(server_.ask("POST", std::string(kBuildPath) + "/end"));
  }

  static void set_window(Figures& figures, const Snapshot& begin, const Snapshot& end) {
    figures.seconds = end.time - begin.time;
    figures.worker.cpu_seconds = end.worker_cpu - begin.worker_cpu;
    figures.server.cpu_seconds = end.server_cpu - begin.server_cpu;
    if (figures.requests_per_second >= 0) figures.requests_per_second /= figures.seconds;
    figures.packets_per_second =
        static_cast<double>(end.traffic.packets - begin.traffic.packets) / figures.seconds;
  }

  // Of the lines that were written within the window.
  static void set_delays(Figures& figures, const std::vector<Delay>& seen, long long begin,
                         long long end) {
    std::vector<double> delays;
    for (const Delay& delay : seen)
      if (delay.written >= begin && delay.written < end) delays.push_back(delay.milliseconds);
    if (delays.empty()) throw std::runtime_error("the follower saw nothing");
    figures.delayed_lines = static_cast<double>(delays.size());
    for (const double part : {0.5, 0.99, 1.0}) figures.delays.push_back(percentile(delays, part));
  }

  void set_end(Figures& figures) {
    server_.wait_until_idle();
    figures.log_bytes = server_.log_bytes(what_);
    figures.server.written_bytes = static_cast<double>(written_bytes_of(server_.pid()));
    figures.store_bytes = server_.stop();
  }

  const Case what_;
  const Setting& setting_;
  MeasuredServer server_;
  std::optional<RequestCounter> counter_;
  std::vector<Process> writers_;
};

}  // namespace

Figures measure(const Setting& setting, const Case& what) {
  Figures figures;
  figures.what = what;
  try {
    std::filesystem::remove_all(setting.directory);
    std::filesystem::create_directories(setting.directory);
    Run(setting, what).go(figures);
  } catch (const std::exception& error) {
    figures.failure = error.what();
  }
  std::filesystem::remove_all(setting.directory);
  return figures;
}

}  // namespace vela::bench
