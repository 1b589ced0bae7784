#pragma once

#include <cstdint>
#include <string>

#include "core/base/error.hpp"

namespace vela::bench {

// What a store is filled with: sealed logs, all of them but the kept ones old.
struct Filling {
  int small_logs = 0;           // of 100 to 900 bytes, ten to a build
  std::uint64_t big_bytes = 0;  // one log of noise, which does not compress
  int kept_logs = 0;            // of kept_text(), written last: they lie behind all others
};

[[nodiscard]] std::string kept_text(int number);
// Where the logs are: octocat/old/BUILD/steps/1 to 10, octocat/big/1/steps/1, octocat/kept/1/steps/N.

// Writes them into a new store at `path` through the store itself, and closes it.
[[nodiscard]] Result<void> fill(const std::string& path, const Filling& filling);

}  // namespace vela::bench
