#pragma once

#include <string>

#include "bench/processes.hpp"

namespace vela::bench {

// Where the programs are and what their files go below.
struct Setting {
  std::string self;  // this program
  std::string vela_logs;
  std::string writers;         // bench_writers
  std::string stand_in;        // bench_stand_in
  std::string directory;       // for one case, made anew for each
  int errors = STDERR_FILENO;  // what the programs say goes there
  double seconds = 30;         // of each case
  double chatty_seconds = 60;
  double warm_up = 4;
};

}  // namespace vela::bench
