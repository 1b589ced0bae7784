#include "core/store/sqlite/erasure_table.hpp"

namespace vela::store::sqlite {

ErasureTable::ErasureTable(Database& database)
    : add_(database, "INSERT OR IGNORE INTO erasures(log) VALUES(?1)"),
      remove_(database, "DELETE FROM erasures WHERE log=?1"),
      load_all_(database, "SELECT log FROM erasures ORDER BY log") {}

Result<void> ErasureTable::add(LogKey key) { return run(add_, key); }

Result<void> ErasureTable::remove(LogKey key) { return run(remove_, key); }

Result<std::vector<LogKey>> ErasureTable::load_all() {
  std::vector<LogKey> keys;
  Query query(load_all_);
  while (true) {
    const auto row = query.next();
    if (!row) return row.error();
    if (!*row) return keys;
    keys.push_back(query.number(0));
  }
}

}  // namespace vela::store::sqlite
