#include "bench/log_text.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <string_view>
#include <thread>

namespace vela::bench {
namespace {

constexpr std::array<std::string_view, 8> kWords{"parser",  "network", "buffer", "session",
                                                 "journal", "render",  "config", "uplink"};

std::string make_line(std::mt19937& random, int number) {
  const std::string word(kWords[random() % kWords.size()]);
  const std::string other(kWords[random() % kWords.size()]);
  const std::string value = std::to_string(random() % 100'000);
  switch (random() % 4) {
    case 0:
      return "[" + std::to_string(number % 2000) + "/2000] Building CXX object src/" + word +
             "/CMakeFiles/" + word + ".dir/" + other + "_" + value + ".cpp.o\n";
    case 1:
      return "ok " + std::to_string(number) + " - " + word + " keeps " + other + " (" + value +
             " us)\n";
    case 2:
      return "/usr/src/" + word + "/" + other + ".cpp:" + value +
             ":17: warning: unused variable '" + other + "' [-Wunused-variable]\n";
    default:
      return "2026-01-02T03:04:" + std::to_string(number % 60) + "Z INFO  " + word +
             ": downloaded " + value + " bytes of " + other + "-1." + value + ".tar.gz\n";
  }
}

}  // namespace

void write_log_text(const std::string& path, std::uint64_t bytes) {
  std::mt19937 random(42);  // the same text each time
  std::ofstream file(path, std::ios::binary);
  std::string piece;
  std::uint64_t written = 0;
  for (int number = 0; written < bytes; ++number) {
    piece += make_line(random, number);
    if (piece.size() < 1024 * 1024 && written + piece.size() < bytes) continue;
    if (written + piece.size() > bytes) piece.resize(bytes - written);
    file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    written += piece.size();
    piece.clear();
  }
}

void print_timed_lines(int lines, int interval_ms) {
  // Steps that are started together do not print together.
  std::mt19937 random(static_cast<unsigned>(::getpid()));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(random() % static_cast<unsigned>(interval_ms)));
  for (int i = 0; i < lines; ++i) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    std::printf("compiling file %d of the build T%lld\n", i, static_cast<long long>(nanoseconds));
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::milliseconds(interval_ms));
  }
}

}  // namespace vela::bench
