#pragma once

#include <vector>

#include "core/base/error.hpp"
#include "core/store/log_store.hpp"
#include "core/store/sqlite/database.hpp"

namespace vela::store::sqlite {

// The table `erasures` through one connection.
class ErasureTable {
 public:
  explicit ErasureTable(Database& database);

  // That a key is there already is no error.
  [[nodiscard]] Result<void> add(LogKey key);
  [[nodiscard]] Result<void> remove(LogKey key);
  [[nodiscard]] Result<std::vector<LogKey>> load_all();

 private:
  Statement add_;
  Statement remove_;
  Statement load_all_;
};

}  // namespace vela::store::sqlite
