#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "core/base/error.hpp"

namespace vela::bench {

// One row a log, its whole content in it, rewritten each time: as Vela's table `logs` is.
//
// SQLite in WAL mode with synchronous=NORMAL: no sync for an update. Vela has PostgreSQL, which
// syncs each and keeps the old row until a vacuum; what stands here is cheaper.
//
// Blocking: as SQLite is. Errors: unavailable.
// Executor: any one thread at a time.
class LogTable {
 public:
  [[nodiscard]] static Result<LogTable> open(const std::string& path);

  [[nodiscard]] Result<void> put(std::string_view log, std::string_view data);
  // Empty when there is none.
  [[nodiscard]] Result<std::string> get(std::string_view log);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Database = std::unique_ptr<sqlite3, Close>;
  using Statement = std::unique_ptr<sqlite3_stmt, Close>;

  [[nodiscard]] Result<void> prepare(Statement& statement, const char* text);
  [[nodiscard]] Error failure() const;

  Database database_;
  Statement put_;
  Statement get_;
};

}  // namespace vela::bench
