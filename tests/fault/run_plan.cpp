#include "fault/run_plan.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

namespace vela::fault {

std::uint64_t seed() {
  static const std::uint64_t value = [] {
    const char* given = std::getenv("VELA_FAULT_SEED");
    const std::uint64_t chosen =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::printf("repeat this run with VELA_FAULT_SEED=%llu\n",
                static_cast<unsigned long long>(chosen));
    std::fflush(stdout);  // whatever becomes of this process, its seed is known
    return chosen;
  }();
  return value;
}

bool is_full() {
  const char* given = std::getenv("VELA_FAULT_FULL");
  return given != nullptr && std::strcmp(given, "1") == 0;
}

Lot::Lot(const std::string& scenario) : engine_(seed() ^ std::hash<std::string>{}(scenario)) {}

std::chrono::milliseconds Lot::between(int least, int most) {
  const auto span = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
  return std::chrono::milliseconds(least + static_cast<int>(number() % span));
}

const std::vector<std::string>& methods() {
  static const std::vector<std::string> names{"auto",   "stream",      "websocket",
                                              "append", "time-chunks", "byte-chunks"};
  return names;
}

std::vector<std::string> methods_of(std::size_t index) {
  if (is_full()) return methods();
  return {methods()[(seed() + index) % methods().size()]};
}

void StopFile::appear() const { std::ofstream(path_).close(); }

void sleep_for(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

}  // namespace vela::fault
