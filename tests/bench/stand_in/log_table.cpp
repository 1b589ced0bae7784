#include "bench/stand_in/log_table.hpp"

namespace vela::bench {
namespace {

constexpr const char* kSchema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
    "CREATE TABLE IF NOT EXISTS logs(id INTEGER PRIMARY KEY, log TEXT UNIQUE, data BLOB)";
constexpr const char* kPut =
    "INSERT INTO logs(log, data) VALUES(?1, ?2) ON CONFLICT(log) DO UPDATE SET data=?2";
constexpr const char* kGet = "SELECT data FROM logs WHERE log=?1";

void bind_log(sqlite3_stmt* statement, std::string_view log) {
  sqlite3_bind_text(statement, 1, log.data(), int(log.size()), SQLITE_STATIC);
}

}  // namespace

Result<LogTable> LogTable::open(const std::string& path) {
  LogTable table;
  sqlite3* database = nullptr;
  const int code = sqlite3_open(path.c_str(), &database);
  table.database_.reset(database);
  if (code != SQLITE_OK || sqlite3_exec(database, kSchema, nullptr, nullptr, nullptr) != SQLITE_OK)
    return table.failure();
  if (const auto put = table.prepare(table.put_, kPut); !put) return put.error();
  if (const auto get = table.prepare(table.get_, kGet); !get) return get.error();
  return table;
}

Result<void> LogTable::put(std::string_view log, std::string_view data) {
  bind_log(put_.get(), log);
  sqlite3_bind_blob64(put_.get(), 2, data.data(), data.size(), SQLITE_STATIC);
  const int code = sqlite3_step(put_.get());
  sqlite3_reset(put_.get());
  if (code != SQLITE_DONE) return failure();
  return {};
}

Result<std::string> LogTable::get(std::string_view log) {
  bind_log(get_.get(), log);
  std::string data;
  const int code = sqlite3_step(get_.get());
  if (code == SQLITE_ROW) {
    const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(get_.get(), 0));
    data.assign(bytes, static_cast<std::size_t>(sqlite3_column_bytes(get_.get(), 0)));
  }
  sqlite3_reset(get_.get());
  if (code != SQLITE_ROW && code != SQLITE_DONE) return failure();
  return data;
}

Result<void> LogTable::prepare(Statement& statement, const char* text) {
  sqlite3_stmt* prepared = nullptr;
  const int code =
      sqlite3_prepare_v3(database_.get(), text, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  statement.reset(prepared);
  if (code != SQLITE_OK) return failure();
  return {};
}

Error LogTable::failure() const {
  return Error(ErrorCode::unavailable,
               std::string("the table of logs: ") + sqlite3_errmsg(database_.get()));
}

}  // namespace vela::bench
