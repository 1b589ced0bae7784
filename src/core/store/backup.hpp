#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/error.hpp"

namespace vela::store {

struct BackupReport {
  std::uint64_t bytes = 0;  // the copy's size
  std::size_t logs = 0;
  // Of how many the bytes were read and agree with the digest that is stored with them: all, or
  // none when the store is of an older schema.
  std::size_t compared = 0;
};

// Copies the store that `url` names (as open_store() takes it) to the new file `target`, as it is
// at one moment, while a server works on it. The copy is checked before it gets its name: SQLite's own
// check, then each log's bytes against its digest. It is readable for its owner only, and survives
// a power cut.
//
// Blocking: for as long as it takes to read and write all that is stored.
// Errors:   invalid (an unknown scheme), not_found (no store there), conflict (`target` exists, or
//           another backup writes it), corrupt (no store of ours, or a damaged one), unavailable.
//           No file is left behind under that name.
[[nodiscard]] Result<BackupReport> back_up_store(const std::string& url, const std::string& target);

}  // namespace vela::store
