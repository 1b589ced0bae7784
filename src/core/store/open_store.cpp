#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/store/backup.hpp"
#include "core/store/facts.hpp"
#include "core/store/log_store.hpp"
#include "core/store/sqlite/backup.hpp"
#include "core/store/sqlite/log_table.hpp"
#include "core/store/sqlite/schema.hpp"
#include "core/store/sqlite/sqlite_store.hpp"

namespace vela::store {
namespace {

constexpr std::string_view kExamples =
    "write for example sqlite:/var/lib/vela-logs/vela-logs.db or ./vela-logs.db";

bool is_scheme_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '-' || c == '.';
}

// "sqlite" of "sqlite:PATH"; empty for a bare path.
std::string_view scheme_of(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == std::string_view::npos) return {};
  const std::string_view scheme = url.substr(0, colon);
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), is_scheme_character);
  return is_scheme ? scheme : std::string_view();
}

// A path that SQLite can take for nothing else: ":memory:" and "file:…" mean something to it.
std::string plain_path(std::string_view path) {
  return path.front() == '/' ? std::string(path) : "./" + std::string(path);
}

// The file that `url` names. Errors: invalid.
Result<std::string> sqlite_path_of(const std::string& url) {
  std::string_view path = url;
  if (const std::string_view scheme = scheme_of(url); !scheme.empty()) {
    // The rest of the text may hold a password and is not repeated.
    if (scheme != "sqlite")
      return Error(ErrorCode::invalid, "there is no kind of store '" + std::string(scheme) + "'; " +
                                           std::string(kExamples));
    path.remove_prefix(scheme.size() + 1);
  }
  if (path.empty() || path.find('\0') != std::string_view::npos)
    return Error(ErrorCode::invalid, "the store has no path; " + std::string(kExamples));
  return plain_path(path);
}

// Rows in one snapshot: a server beside us must not be kept from its checkpoints for long.
constexpr std::size_t kFactsPerRead = 1000;

Error wants_upgrade(const std::string& path) {
  return Error(ErrorCode::corrupt, "the store " + path +
                                       " is of an older vela-logs: start serve on it once, which "
                                       "brings it up to date");
}

}  // namespace

Result<std::unique_ptr<LogStore>> open_store(const std::string& url) {
  const auto path = sqlite_path_of(url);
  if (!path) return path.error();
  auto store = sqlite::SqliteStore::open(*path);
  if (!store) return store.error();
  return std::unique_ptr<LogStore>(std::move(*store));
}

Result<BackupReport> back_up_store(const std::string& url, const std::string& target) {
  const auto path = sqlite_path_of(url);
  if (!path) return path.error();
  if (target.empty() || target.find('\0') != std::string::npos)
    return Error(ErrorCode::invalid, "the backup has no path");
  return sqlite::back_up(*path, plain_path(target));
}

Result<void> visit_facts(const std::string& url,
                         const std::function<void(const LogFacts&)>& visit) {
  const auto path = sqlite_path_of(url);
  if (!path) return path.error();
  auto database = sqlite::Database::open_to_read(*path);
  if (!database) return database.error();
  const auto schema = sqlite::check_schema(*database);
  if (!schema) return schema.error();
  if (!schema->is_newest) return wants_upgrade(*path);
  sqlite::LogTable logs(*database);
  LogKey after = 0;
  while (true) {
    const auto facts = logs.load_facts(after, kFactsPerRead);
    if (!facts) return facts.error();
    for (const LogFacts& log : *facts) visit(log);
    if (facts->size() < kFactsPerRead) return {};
    after = facts->back().key;
  }
}

}  // namespace vela::store
