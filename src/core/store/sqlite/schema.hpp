#pragma once

#include "core/base/error.hpp"
#include "core/store/sqlite/database.hpp"

namespace vela::store::sqlite {

// Makes a new file ours, or brings the tables of an older vela-logs up to date: one transaction for
// each version, so that an interrupted upgrade goes on where it stopped.
//
// Errors: corrupt, when the file is no database, not ours or of a newer vela-logs (it is left as it
//         was); unavailable.
[[nodiscard]] Result<void> prepare_schema(Database& database);

}  // namespace vela::store::sqlite
