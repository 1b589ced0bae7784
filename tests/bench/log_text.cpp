#include "bench/log_text.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <random>
#include <string_view>
#include <thread>

#include "bench/delays.hpp"

namespace vela::bench {
namespace {

constexpr std::array<std::string_view, 8> kWords{"parser",  "network", "buffer", "session",
                                                 "journal", "render",  "config", "uplink"};
constexpr int kSources = 2000;

struct Source {
  std::string folder;
  std::string name;
};

Source source_of(int number) {
  const auto index = static_cast<std::size_t>(number % kSources);
  return {std::string(kWords[index / 250]),
          std::string(kWords[index % 8]) + "_" + std::string(kWords[index / 8 % 8])};
}

// What one source file's turn in a build prints: its step, now and then a warning with its place,
// a test's result, a line of a tool's own log.
std::string make_lines(std::mt19937& random, int number) {
  const auto [folder, name] = source_of(number);
  const auto value = std::to_string(random() % 10'000);
  std::string text = "[" + std::to_string(number % kSources + 1) + "/" + std::to_string(kSources) +
                     "] Building CXX object src/" + folder + "/CMakeFiles/" + folder + ".dir/" +
                     name + ".cpp.o\n";
  switch (random() % 4) {
    case 0:
      text += "/usr/src/vela/src/" + folder + "/" + name + ".cpp: In function 'int " + name +
              "::load(const std::string&)':\n/usr/src/vela/src/" + folder + "/" + name +
              ".cpp:" + value + ":17: warning: unused variable 'result' [-Wunused-variable]\n " +
              value + " |   const auto result = " + name + "::load(path);\n" +
              "      |              ^~~~~~\n";
      break;
    case 1:
      text += "ok " + std::to_string(number) + " - " + folder + " keeps what " + name +
              " was given (" + value + " us)\n";
      break;
    case 2:
      text += "2026-01-02T03:" + std::to_string(10 + number / 60 % 50) + ":" +
              std::to_string(10 + number % 50) + "Z INFO  " + folder + ": fetched " + value +
              " KiB of https://packages.example.org/pool/" + name + "-1.2.tar.gz\n";
      break;
    default:
      break;
  }
  return text;
}

}  // namespace

void write_log_text(const std::string& path, std::uint64_t bytes) {
  std::mt19937 random(42);  // the same text each time
  std::ofstream file(path, std::ios::binary);
  std::string piece;
  std::uint64_t written = 0;
  for (int number = 0; written < bytes; ++number) {
    piece += make_lines(random, number);
    if (piece.size() < 1024 * 1024 && written + piece.size() < bytes) continue;
    if (written + piece.size() > bytes) piece.resize(bytes - written);
    file.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    written += piece.size();
    piece.clear();
  }
}

LogText::LogText(unsigned seed)
    : random_(seed), number_(static_cast<int>(random_() % unsigned{kSources})) {}

std::string LogText::next_line() {
  if (begin_ == text_.size()) {
    text_ = make_lines(random_, number_++);
    begin_ = 0;
  }
  const std::size_t begin = begin_;
  begin_ = text_.find('\n', begin) + 1;
  return text_.substr(begin, begin_ - begin);
}

std::optional<std::chrono::microseconds> StepOutput::due() const {
  const std::chrono::microseconds due = pace_.interval * pieces_;
  if (due >= length_) return std::nullopt;
  return due;
}

std::string StepOutput::take() {
  ++pieces_;
  const double seconds = std::chrono::duration<double>(pace_.interval * pieces_).count();
  const auto wanted = static_cast<std::uint64_t>(seconds * double(pace_.bytes_per_second));
  std::string piece = text_.next_line();
  while (bytes_ + piece.size() < wanted) piece += text_.next_line();
  piece.pop_back();
  piece += " T" + std::to_string(now_nanoseconds()) + "\n";
  bytes_ += piece.size();
  return piece;
}

void print_timed_lines(int lines, int interval_ms) {
  // Steps that are started together do not print together.
  std::mt19937 random(static_cast<unsigned>(::getpid()));
  std::this_thread::sleep_for(
      std::chrono::milliseconds(random() % static_cast<unsigned>(interval_ms)));
  for (int i = 0; i < lines; ++i) {
    std::printf("compiling file %d of the build T%lld\n", i, now_nanoseconds());
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::milliseconds(interval_ms));
  }
}

}  // namespace vela::bench
