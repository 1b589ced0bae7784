#include "bench/methods/machine.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <fstream>
#include <string_view>

#include "bench/processes.hpp"

namespace vela::bench {
namespace {

constexpr std::string_view kUnknown = "unknown";

// What stands behind `name` and `mark` in the first line of the file that begins with it.
std::string find_value(const char* path, std::string_view name, char mark) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::string value = line.substr(line.find(mark) + 1);
    value.erase(0, value.find_first_not_of(" \t\""));
    value.erase(value.find_last_not_of(" \t\"") + 1);
    return value;
  }
  return std::string(kUnknown);
}

std::string first_line_of(std::vector<std::string> command) {
  Process process(std::move(command), true);
  std::string line = read_line(process.out());
  return process.wait() == 0 && !line.empty() ? line : std::string(kUnknown);
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", std::gmtime(&now));
  return text;
}

}  // namespace

Notes describe_machine(const std::string& directory) {
  const double gib = std::stod("0" + find_value("/proc/meminfo", "MemTotal", ':')) / (1 << 20);
  utsname system{};
  ::uname(&system);
  return {
      {"Date", today()},
      {"Commit", first_line_of({"git", "-C", VELA_SOURCE_DIR, "describe", "--always", "--dirty"})},
      {"Processor", find_value("/proc/cpuinfo", "model name", ':') + ", " +
                        std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) + " cores online"},
      {"Memory", std::to_string(std::lround(gib)) + " GiB"},
      {"System", find_value("/etc/os-release", "PRETTY_NAME", '=') + ", Linux " + system.release},
      {"File system", first_line_of({"findmnt", "-no", "FSTYPE", "-T", directory})},
  };
}

}  // namespace vela::bench
