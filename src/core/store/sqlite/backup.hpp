#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/store/backup.hpp"

namespace vela::store::sqlite {

// back_up_store() of the store at `path`, by VACUUM INTO on a connection of its own: it holds one
// snapshot, so commits go on beside it and the write-ahead log can't be emptied until it is done.
[[nodiscard]] Result<BackupReport> back_up(const std::string& path, const std::string& target);

}  // namespace vela::store::sqlite
