// The child of the steps that tests/fault breaks: numbered, time-stamped lines with seeded content,
// some of it binary, and a record of them that no failure touches.
//
//   fault_printer SEED RECORD LINES PAUSE_US STOP_FILE
//
// LINES lines at most; it ends earlier when STOP_FILE is there. PAUSE_US: the mean pause between two
// lines, which then vary and come in bursts; "=PAUSE_US": exactly that pause.
// A line is "NUMBER MICROSECONDS CONTENT\n", the time that of CLOCK_MONOTONIC, which all processes
// of the machine share and no setting of the clock moves.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace {

constexpr std::size_t kMaxContentBytes = 160;
constexpr std::size_t kLongContentBytes = 20'000;  // longer than a gather of run-step's
constexpr unsigned kBinaryEvery = 25;
constexpr unsigned kLongEvery = 400;
constexpr unsigned kBurstEvery = 60;
constexpr unsigned kBurstLines = 40;

using Lot = std::mt19937_64;

bool write_whole(int fd, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t length = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (length <= 0) return false;
    done += static_cast<std::size_t>(length);
  }
  return true;
}

std::string make_content(Lot& lot, bool has_long_lines) {
  const bool is_long = has_long_lines && lot() % kLongEvery == 0;
  const bool is_binary = lot() % kBinaryEvery == 0;
  std::string content(is_long ? kLongContentBytes : lot() % kMaxContentBytes, ' ');
  for (char& c : content) {
    c = static_cast<char>(is_binary ? lot() % 256 : 'a' + lot() % 26);
    if (c == '\n') c = '\0';
  }
  return content;
}

std::string make_line(std::uint64_t number, Lot& lot, bool has_long_lines) {
  std::string content = make_content(lot, has_long_lines);
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto micros = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000 +
                      static_cast<std::uint64_t>(now.tv_nsec) / 1000;
  return std::to_string(number) + " " + std::to_string(micros) + " " + content + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  Lot lot(std::strtoull(argv[1], nullptr, 10));
  const int record = ::open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (record < 0) return 2;
  const std::uint64_t lines = std::strtoull(argv[3], nullptr, 10);
  const bool is_exact = argv[4][0] == '=';
  const std::uint64_t pause = std::strtoull(argv[4] + (is_exact ? 1 : 0), nullptr, 10);

  unsigned burst = 0;
  for (std::uint64_t number = 1; number <= lines; ++number) {
    if (::access(argv[5], F_OK) == 0) break;
    const std::string line = make_line(number, lot, !is_exact);
    // The record first: what was printed is in it, whenever this process dies.
    if (!write_whole(record, line) || !write_whole(STDOUT_FILENO, line)) return 1;
    if (!is_exact && burst == 0 && lot() % kBurstEvery == 0) burst = kBurstLines;
    if (burst > 0) {
      --burst;
    } else if (pause > 0) {
      ::usleep(static_cast<useconds_t>(is_exact ? pause : lot() % (2 * pause)));
    }
  }
  return 0;
}
