#pragma once

#include <cstdint>
#include <optional>

#include "core/base/error.hpp"
#include "core/store/sqlite/database.hpp"

namespace vela::store::sqlite {

// Makes a new file ours, or brings the tables of an older vela-logs up to date: one transaction for
// each version, so that an interrupted upgrade goes on where it stopped.
//
// Errors: corrupt, when the file is no database, not ours or of a newer vela-logs (it is left as it
//         was); unavailable.
[[nodiscard]] Result<void> prepare_schema(Database& database);

struct Schema {
  std::int64_t version = 0;
  bool is_newest = false;
};

// Of a file that is ours, which is left as it is. Errors: corrupt, as above; unavailable.
[[nodiscard]] Result<Schema> check_schema(Database& database);

// Says that a newer vela-logs has written the file; nothing when none has.
[[nodiscard]] std::optional<Error> find_newer_schema(Database& database);

}  // namespace vela::store::sqlite
