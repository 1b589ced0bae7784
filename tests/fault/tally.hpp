#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/program.hpp"

namespace vela::fault {

// How what was read differs from what was printed, in lines, and how late lines came.
struct Tally {
  std::uint64_t runs = 0;  // steps
  std::uint64_t bytes = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;  // lines that came before one that was printed earlier
  std::uint64_t foreign = 0;    // lines that nobody printed
  std::vector<std::chrono::microseconds> delays;

  [[nodiscard]] bool is_exact() const {
    return lost == 0 && duplicated == 0 && reordered == 0 && foreign == 0;
  }
  // Of other steps.
  void add(const Tally& other);
  // Of another reader of the same steps: adds what differs alone.
  void add_reader(const Tally& other);
};

// Compares by SHA-256; counts lines, those of printer/main.cpp, only where that differs.
[[nodiscard]] Tally compare(std::string_view printed, std::string_view read);

// From the time that each line bears to when its last byte was read.
[[nodiscard]] std::vector<std::chrono::microseconds> delays_of(const test::Finished& reader);

// One row of the table: prints it, and adds it to a file in $VELA_FAULT_ROWS where
// scripts/fault_table.sh finds it. `kills`: of servers or workers, as `scenario` says.
void report(const std::string& scenario, const std::string& methods, Tally tally,
            std::uint64_t server_kills = 0, std::uint64_t worker_kills = 0);

}  // namespace vela::fault
