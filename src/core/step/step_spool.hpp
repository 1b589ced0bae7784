#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/error.hpp"
#include "core/buffer/spool.hpp"
#include "core/buffer/spool_directory.hpp"
#include "core/uplink/requests.hpp"

namespace vela::step {

struct SpoolOptions {
  std::string directory;    // empty: the default
  std::uint64_t limit = 0;  // bytes of one log's file
};

// Where a step's output is kept until it is delivered.
struct StepSpool {
  buffer::Spool spool;  // in memory only, unless it was opened
  // There is more in the spool than this run's output: a dead run of the same log began it.
  bool is_adopted = false;
  std::optional<buffer::SpoolDirectory> directory;
};

// Made when it is missing. Errors: unavailable.
[[nodiscard]] Result<buffer::SpoolDirectory> open_spool_directory(const SpoolOptions& options);

// To look into: nothing where the default one is missing, which is where nothing was left.
// Errors: not_found, of one that was named; unavailable.
[[nodiscard]] Result<std::optional<buffer::SpoolDirectory>> find_spool_directory(
    const SpoolOptions& options);

// A new spool for the log, or the one that a dead run of it left without an end.
// Errors: those of the directory and of making a file in it.
[[nodiscard]] Result<StepSpool> open_spool(const SpoolOptions& options,
                                           const uplink::Target& target);

}  // namespace vela::step
