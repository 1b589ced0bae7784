#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

// SQLite's C interface as objects. Only database.cpp knows sqlite3.h and its error codes.
namespace vela::store::sqlite {

// How far a checkpoint came, in pages of the write-ahead log.
struct CheckpointProgress {
  std::int64_t in_log = 0;
  std::int64_t done = 0;
  bool is_busy = false;  // somebody reads, writes or makes one: not all could be done
};

// What SQLite has allocated, for all connections of the process. Executor: any thread.
[[nodiscard]] std::uint64_t memory_in_use();

// One connection.
//
// Executor: one thread at a time.
// Errors:   unavailable (full, locked, I/O), corrupt (damaged, or no database), conflict (a
//           constraint); the text names the file.
class Database {
 public:
  // Opens or creates the file at `path`, without looking into it.
  [[nodiscard]] static Result<Database> open(const std::string& path);
  // Opens a file that is there. Its connection never writes to it, and makes no checkpoint when it
  // closes.
  [[nodiscard]] static Result<Database> open_to_read(const std::string& path);
  // Commits survive a power cut and never make a checkpoint; at most `cache_bytes` of pages are
  // kept.
  [[nodiscard]] Result<void> set_up(std::size_t cache_bytes);

  // Runs one or several statements that answer nothing.
  [[nodiscard]] Result<void> execute(const char* sql);
  // The first column of the first row; 0 when there is none.
  [[nodiscard]] Result<std::int64_t> load_number(const char* sql);
  [[nodiscard]] Result<std::string> load_text(const char* sql);

  // Copies what is committed from the write-ahead log into the database; never waits.
  [[nodiscard]] Result<CheckpointProgress> checkpoint();
  // The same, and what is committed next goes to the beginning of the log's file again. Waits for
  // readers, not longer than a moment: with one that stays (a backup) it goes to the end. No write
  // may be under way.
  [[nodiscard]] Result<CheckpointProgress> checkpoint_and_restart();
  // The size of the log's file.
  [[nodiscard]] Result<std::int64_t> log_bytes();
  // Gives at most `most` bytes of the log's file that are not in use back to the file system, down
  // to `keep`; true when there are more. No write may be under way, of other programs neither.
  [[nodiscard]] Result<bool> shrink_log(std::int64_t keep, std::int64_t most);

  // Errors: unavailable, when a statement is still in use.
  [[nodiscard]] Result<void> close();

  [[nodiscard]] bool is_in_transaction() const;
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] std::string path() const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  [[nodiscard]] static Result<Database> open(const std::string& path, int flags);
  [[nodiscard]] Result<CheckpointProgress> checkpoint(int mode);

  std::unique_ptr<sqlite3, Closer> handle_;
};

// A statement, prepared when it is first used and kept.
//
// Lifetime: ends before its database's.
class Statement {
 public:
  Statement(Database& database, std::string_view sql) : handle_(database.handle()), sql_(sql) {}

 private:
  friend class Query;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };

  sqlite3* handle_;
  std::string_view sql_;
  std::unique_ptr<sqlite3_stmt, Finalizer> prepared_;
};

// Bytes for a BLOB; a bare string_view is TEXT. Lifetime: longer than the query's.
struct Blob {
  std::string_view bytes;
};

// One execution of a statement; ends with the object. One at a time of each statement.
class Query {
 public:
  // `values` stand for ?1, ?2 and so on.
  template <class... Values>
  explicit Query(Statement& statement, const Values&... values) : statement_(statement) {
    prepare();
    int index = 0;
    (bind(++index, values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  // False when there is no further row. The columns can be read until the next call.
  [[nodiscard]] Result<bool> next();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::uint64_t count(int column) const {
    return static_cast<std::uint64_t>(number(column));
  }
  // TEXT or BLOB, empty for NULL. The view lives until the next call of next().
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }

 private:
  void prepare();
  void bind_number(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, const Blob& blob);
  void bind(int index, std::nullopt_t null);
  template <std::integral Number>
  void bind(int index, Number value) {
    bind_number(index, static_cast<std::int64_t>(value));
  }
  template <class Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind(index, std::nullopt);
    }
  }

  Statement& statement_;
};

// Executes a statement that answers nothing.
template <class... Values>
[[nodiscard]] Result<void> run(Statement& statement, const Values&... values) {
  Query query(statement, values...);
  if (const auto done = query.next(); !done) return done.error();
  return {};
}

// A transaction; rolled back unless it was committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  // One snapshot for all that is read in it.
  [[nodiscard]] Result<void> begin_reading() { return database_.execute("BEGIN"); }
  [[nodiscard]] Result<void> begin_writing() { return database_.execute("BEGIN IMMEDIATE"); }
  [[nodiscard]] Result<void> commit() { return database_.execute("COMMIT"); }

 private:
  Database& database_;
};

// While it lives, what the connection commits does not wait for the disk: a power cut may undo the
// last of it, in order, until the next commit of another kind. For work that can be done again.
//
// Lifetime: begins and ends outside of transactions.
class RelaxedCommits {
 public:
  explicit RelaxedCommits(Database& database);
  RelaxedCommits(const RelaxedCommits&) = delete;
  RelaxedCommits& operator=(const RelaxedCommits&) = delete;
  ~RelaxedCommits();

 private:
  Database& database_;
};

}  // namespace vela::store::sqlite
