#pragma once

#include <stdexcept>
#include <string>

#include <sqlite3.h>

namespace vela::test {

// Holds SQLite's write lock as another program would: commits wait 5 s for it, then fail.
class StoreBlocker {
 public:
  explicit StoreBlocker(const std::string& path) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) throw std::runtime_error("no store");
    sqlite3_busy_timeout(database_, 20'000);
    if (sqlite3_exec(database_, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error("the store cannot be locked");
  }
  ~StoreBlocker() { release(); }
  StoreBlocker(const StoreBlocker&) = delete;
  StoreBlocker& operator=(const StoreBlocker&) = delete;

  void release() {
    sqlite3_close(database_);
    database_ = nullptr;
  }

 private:
  sqlite3* database_ = nullptr;
};

}  // namespace vela::test
