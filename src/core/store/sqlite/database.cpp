#include "core/store/sqlite/database.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sqlite3.h>

#include "core/base/assert.hpp"

namespace vela::store::sqlite {
namespace {

// Only a person with the sqlite3 shell is ever in the way; our own threads queue on a mutex.
constexpr int kBusyMs = 5'000;
// Commits wait while readers of the write-ahead log are waited for. Our own are through in a few
// milliseconds; who is not by then is a backup.
constexpr int kRestartBusyMs = 20;
// https://sqlite.org/fileformat2.html#walformat
constexpr std::int64_t kLogHeaderBytes = 32;
constexpr std::int64_t kLogFrameHeaderBytes = 24;
// Debian's SQLite fills every page that becomes free with zeroes, which would write a deleted log
// once more: what leaves the store is gone when its space is used again or given back. The log's
// file gets smaller by shrink_log() alone.
constexpr char kSettings[] =
    "PRAGMA secure_delete=OFF;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA journal_size_limit=-1;"
    "PRAGMA temp_store=MEMORY;";

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    // No such table or column, or a type that our schema excludes: somebody changed it.
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
      return ErrorCode::corrupt;
    case SQLITE_CONSTRAINT:
      return ErrorCode::conflict;
    default:
      return ErrorCode::unavailable;
  }
}

std::string path_of(sqlite3* handle) {
  const char* path = sqlite3_db_filename(handle, "main");
  return path == nullptr ? std::string() : std::string(path);
}

// What the system said. SQLite keeps it until the next failure of these two kinds: beside an error
// of another kind it is an old one.
int system_errno(sqlite3* handle, int code) {
  const int kind = code & 0xff;
  return kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN ? sqlite3_system_errno(handle) : 0;
}

// What helps, where there is one thing that does.
std::string_view remedy(int code, int system) {
  const int kind = code & 0xff;
  if (kind == SQLITE_FULL || system == ENOSPC || system == EDQUOT)
    return "; free some space on its disk";
  if (kind == SQLITE_READONLY || system == EROFS)
    return "; it needs a file system that can be written to";
  return {};
}

Error error_of(sqlite3* handle, int code, const std::string& path) {
  std::string text = "the store " + path + ": " + sqlite3_errmsg(handle);
  const int system = system_errno(handle, code);
  if (system != 0) text = errno_error(ErrorCode::none, text, system).text();
  text += " (SQLite " + std::to_string(code) + ")";
  text += remedy(code, system);
  return Error(code_of(code), std::move(text));
}

Error error_of(sqlite3* handle, int code) { return error_of(handle, code, path_of(handle)); }

// The write-ahead log; null while there is none.
sqlite3_file* log_file_of(sqlite3* handle) {
  sqlite3_file* file = nullptr;
  const int code =
      sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&file));
  return code == SQLITE_OK && file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

}  // namespace

std::uint64_t memory_in_use() { return static_cast<std::uint64_t>(::sqlite3_memory_used()); }

void Database::Closer::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Result<Database> Database::open(const std::string& path) {
  return open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<Database> Database::open_to_read(const std::string& path) {
  return open(path, SQLITE_OPEN_READONLY);
}

Result<Database> Database::open(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  // No SQLite mutexes: a connection is used by one thread at a time.
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  VELA_ASSERT(handle != nullptr);
  Database database(handle);
  // What could not be opened does not know its name.
  if (code != SQLITE_OK) return error_of(handle, code, path);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMs);
  sqlite3_wal_autocheckpoint(handle, 0);
  return database;
}

Result<void> Database::set_up(std::size_t cache_bytes) {
  const std::string cache = "PRAGMA cache_size=-" + std::to_string(cache_bytes / 1024);
  if (auto done = execute(cache.c_str()); !done) return done;
  return execute(kSettings);
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error_of(handle(), code);
  return {};
}

Result<std::int64_t> Database::load_number(const char* sql) {
  Statement statement(*this, sql);
  Query query(statement);
  const auto row = query.next();
  if (!row) return row.error();
  return *row ? query.number(0) : 0;
}

Result<std::string> Database::load_text(const char* sql) {
  Statement statement(*this, sql);
  Query query(statement);
  const auto row = query.next();
  if (!row) return row.error();
  return *row ? query.text(0) : std::string();
}

Result<CheckpointProgress> Database::checkpoint() { return checkpoint(SQLITE_CHECKPOINT_PASSIVE); }

Result<CheckpointProgress> Database::checkpoint_and_restart() {
  sqlite3_busy_timeout(handle(), kRestartBusyMs);
  auto progress = checkpoint(SQLITE_CHECKPOINT_RESTART);
  sqlite3_busy_timeout(handle(), kBusyMs);
  return progress;
}

Result<std::int64_t> Database::log_bytes() {
  sqlite3_file* file = log_file_of(handle());
  sqlite3_int64 size = 0;
  if (file == nullptr) return std::int64_t{0};
  const int code = file->pMethods->xFileSize(file, &size);
  if (code != SQLITE_OK) return error_of(handle(), code);
  return std::int64_t{size};
}

Result<bool> Database::shrink_log(std::int64_t keep, std::int64_t most) {
  const auto page_bytes = load_number("PRAGMA page_size");
  if (!page_bytes) return page_bytes.error();
  // Says how many pages of it are in use, besides.
  const auto progress = checkpoint();
  if (!progress) return progress.error();
  const auto size = log_bytes();
  if (!size) return size.error();
  if (progress->is_busy || progress->in_log < 0 || *size <= keep) return false;
  const std::int64_t used =
      kLogHeaderBytes + progress->in_log * (*page_bytes + kLogFrameHeaderBytes);
  const std::int64_t least = std::max(keep, used);
  const std::int64_t target = std::max(least, *size - most);
  if (target >= *size) return false;
  sqlite3_file* file = log_file_of(handle());
  const int code = file->pMethods->xTruncate(file, target);
  if (code != SQLITE_OK) return error_of(handle(), code);
  return target > least;
}

Result<CheckpointProgress> Database::checkpoint(int mode) {
  int in_log = 0;
  int done = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle(), nullptr, mode, &in_log, &done);
  // Busy: somebody still reads what would be overwritten; the rest was copied all the same.
  if (code != SQLITE_OK && code != SQLITE_BUSY) return error_of(handle(), code);
  return CheckpointProgress{in_log, done, code == SQLITE_BUSY};
}

Result<void> Database::close() {
  if (handle_ == nullptr) return {};
  const int code = sqlite3_close(handle());
  if (code != SQLITE_OK) return error_of(handle(), code);
  static_cast<void>(handle_.release());
  return {};
}

bool Database::is_in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

std::string Database::path() const { return path_of(handle()); }

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void Query::prepare() {
  if (statement_.prepared_ != nullptr) return;
  sqlite3_stmt* prepared = nullptr;
  // A failure leaves nothing prepared; next() tells of it.
  sqlite3_prepare_v3(statement_.handle_, statement_.sql_.data(),
                     static_cast<int>(statement_.sql_.size()), SQLITE_PREPARE_PERSISTENT, &prepared,
                     nullptr);
  statement_.prepared_.reset(prepared);
}

Query::~Query() {
  if (statement_.prepared_ == nullptr) return;
  sqlite3_reset(statement_.prepared_.get());
  sqlite3_clear_bindings(statement_.prepared_.get());
}

Result<bool> Query::next() {
  if (statement_.prepared_ == nullptr)
    return error_of(statement_.handle_, sqlite3_extended_errcode(statement_.handle_));
  const int code = sqlite3_step(statement_.prepared_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return error_of(statement_.handle_, code);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_.prepared_.get(), column) == SQLITE_NULL;
}

std::int64_t Query::number(int column) const {
  return sqlite3_column_int64(statement_.prepared_.get(), column);
}

std::string_view Query::bytes(int column) const {
  // Both are TEXT or BLOB in our schema, so nothing is converted.
  const void* data = sqlite3_column_blob(statement_.prepared_.get(), column);
  const int size = sqlite3_column_bytes(statement_.prepared_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

// Binding fails only for a wrong index or a value over 1 GB, which are broken promises.

void Query::bind_number(int index, std::int64_t value) {
  if (statement_.prepared_ == nullptr) return;
  VELA_ASSERT(sqlite3_bind_int64(statement_.prepared_.get(), index, value) == SQLITE_OK);
}

void Query::bind(int index, std::string_view text) {
  if (statement_.prepared_ == nullptr) return;
  // An empty view may point nowhere, which SQLite would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  VELA_ASSERT(sqlite3_bind_text64(statement_.prepared_.get(), index, data, text.size(),
                                  SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
}

void Query::bind(int index, const Blob& blob) {
  if (statement_.prepared_ == nullptr) return;
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  VELA_ASSERT(sqlite3_bind_blob64(statement_.prepared_.get(), index, data, blob.bytes.size(),
                                  SQLITE_STATIC) == SQLITE_OK);
}

void Query::bind(int index, std::nullopt_t /*null*/) {
  if (statement_.prepared_ == nullptr) return;
  VELA_ASSERT(sqlite3_bind_null(statement_.prepared_.get(), index) == SQLITE_OK);
}

Transaction::~Transaction() {
  // A failed commit may have rolled back by itself. What a failing rollback leaves is rolled back
  // when the file is opened next; nobody was told that it is stored.
  if (database_.is_in_transaction()) static_cast<void>(database_.execute("ROLLBACK"));
}

// Neither reads or writes the file; that they fail is a broken promise of ours.
RelaxedCommits::RelaxedCommits(Database& database) : database_(database) {
  VELA_ASSERT(database_.execute("PRAGMA synchronous=NORMAL").has_value());
}

RelaxedCommits::~RelaxedCommits() {
  VELA_ASSERT(database_.execute("PRAGMA synchronous=FULL").has_value());
}

}  // namespace vela::store::sqlite
