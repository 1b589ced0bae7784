#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

// What a run of the fault suite is made of, from its seed.
namespace vela::fault {

// $VELA_FAULT_SEED, else a new one; printed once, so that a run can be repeated.
[[nodiscard]] std::uint64_t seed();
// $VELA_FAULT_FULL=1: the full counts, all methods in all scenarios.
[[nodiscard]] bool is_full();

// Draws from the seed; each scenario has its own, so that one can be repeated alone.
class Lot {
 public:
  explicit Lot(const std::string& scenario);
  [[nodiscard]] std::uint64_t number() { return engine_(); }
  // From `least` to `most`, both included.
  [[nodiscard]] std::chrono::milliseconds between(int least, int most);

 private:
  std::mt19937_64 engine_;
};

// Each method of sending that there is, by its name on the command line: a new one joins all
// scenarios by a word here.
[[nodiscard]] const std::vector<std::string>& methods();
// All of them in a full run; in a short one the `index`th, counted from one that the seed picks.
[[nodiscard]] std::vector<std::string> methods_of(std::size_t index);

// The file whose appearance ends the children that were given its path.
class StopFile {
 public:
  explicit StopFile(const test::TempDir& dir) : path_(dir / "stop") {}
  [[nodiscard]] const std::string& path() const { return path_; }
  void appear() const;

 private:
  std::string path_;
};

void sleep_for(std::chrono::milliseconds time);

}  // namespace vela::fault
