#include "core/store/sqlite/schema.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace vela::store::sqlite {
namespace {

// "VELA" in the file's header, where file(1) and we look.
constexpr std::int64_t kApplicationId = 0x56454c41;

// Both must stand before the first table. 16 KiB pages halve the cost of rows that hold chunks;
// incremental vacuum lets retention give space back in small steps.
constexpr char kBeforeFirstTable[] = "PRAGMA page_size=16384; PRAGMA auto_vacuum=INCREMENTAL;";

// Entry N takes a database from version N to N + 1. Never change one that was released.
//
// logs:    what is kept of a log beside its bytes. `length` and `digest_state` are those of the
// last
//          time that this row was written; later journal rows carry newer ones. [0, framed) is in
//          frames.
// journal: [begin, begin + length) of a log, in order of arrival. Rows below `framed` are left over
//          from a sweep and count for nothing. The last row that a commit adds to a log holds the
//          digest's state. No index: one would dirty a page for each live log at each flush.
// frames:  the bytes that have settled.
// ended_builds: the builds that were closed and not opened again.
// erasures: keys whose frames and journal rows are void and not erased yet (from version 2 on).
constexpr std::array kMigrations{R"sql(
  PRAGMA application_id=1447382081;
  CREATE TABLE logs(
    key INTEGER PRIMARY KEY,
    org TEXT NOT NULL, repo TEXT NOT NULL, build INTEGER NOT NULL,
    kind TEXT NOT NULL, number INTEGER NOT NULL,
    name TEXT NOT NULL,
    owner TEXT, base INTEGER NOT NULL, generation INTEGER NOT NULL, cut INTEGER NOT NULL,
    cuts TEXT NOT NULL, replaced TEXT NOT NULL,
    state TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL,
    seal_length INTEGER, seal_from INTEGER, seal_sha256 TEXT, seal_status TEXT,
    seal_exit_code INTEGER, seal_dropped INTEGER, seal_lost INTEGER, seal_reason TEXT,
    created INTEGER NOT NULL, started INTEGER, finished INTEGER,
    length INTEGER NOT NULL, digest_state BLOB NOT NULL, framed INTEGER NOT NULL DEFAULT 0,
    UNIQUE(org, repo, build, kind, number)
  ) STRICT;
  CREATE INDEX open_logs ON logs(key) WHERE state IN ('pending', 'running', 'lost');
  CREATE TABLE ended_builds(
    org TEXT NOT NULL, repo TEXT NOT NULL, build INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    PRIMARY KEY(org, repo, build)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE journal(
    row INTEGER PRIMARY KEY,
    log INTEGER NOT NULL, begin INTEGER NOT NULL, length INTEGER NOT NULL,
    encoding INTEGER NOT NULL, digest_state BLOB, data BLOB NOT NULL
  ) STRICT;
  CREATE TABLE frames(
    log INTEGER NOT NULL, begin INTEGER NOT NULL, length INTEGER NOT NULL,
    encoding INTEGER NOT NULL, data BLOB NOT NULL,
    UNIQUE(log, begin)
  ) STRICT;
)sql",
                                 // Logs that were given up before their last byte's time was kept
                                 // count from now: none is deleted sooner than it may be.
                                 R"sql(
  ALTER TABLE logs ADD COLUMN last_output INTEGER;
  ALTER TABLE logs ADD COLUMN deleted INTEGER;
  UPDATE logs SET last_output=1000000*CAST(strftime('%s', 'now') AS INTEGER)
    WHERE finished IS NULL;
  CREATE INDEX deleted_logs ON logs(deleted) WHERE deleted IS NOT NULL;
  CREATE TABLE erasures(log INTEGER PRIMARY KEY) STRICT;
)sql"};

constexpr auto kNewest = static_cast<std::int64_t>(kMigrations.size());

Error no_store(const Database& database, const std::string& why) {
  return Error(ErrorCode::corrupt, "cannot use " + database.path() + " as the store: " + why);
}

Error newer_store(const Database& database, std::int64_t version) {
  return no_store(database, "a newer vela-logs has written it (schema " + std::to_string(version) +
                                ", this one knows up to " + std::to_string(kNewest) +
                                "); run that version or a newer one, or restore the backup made "
                                "before the upgrade");
}

Result<void> check_is_ours(Database& database, std::int64_t version) {
  const auto application = database.load_number("PRAGMA application_id");
  if (!application) return application.error();
  if (*application != kApplicationId)
    return no_store(database,
                    "it is the database of another program; name another file with --store, or "
                    "move this one away");
  if (version > kNewest) return newer_store(database, version);
  return {};
}

// True when nobody has written to the file yet.
Result<bool> is_fresh(Database& database) {
  const auto tables = database.load_number("SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();
  const auto application = database.load_number("PRAGMA application_id");
  if (!application) return application.error();
  const auto version = database.load_number("PRAGMA user_version");
  if (!version) return version.error();
  return *tables == 0 && *application == 0 && *version == 0;
}

Result<void> use_write_ahead_log(Database& database) {
  const auto mode = database.load_text("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  if (*mode != "wal")
    return Error(ErrorCode::unavailable,
                 "cannot use " + database.path() +
                     " as the store: its file system has no shared memory for SQLite's "
                     "write-ahead log; name a file on a local disk with --store");
  return {};
}

Result<void> migrate(Database& database, std::int64_t version) {
  for (; version < kNewest; ++version) {
    Transaction transaction(database);
    if (auto begun = transaction.begin_writing(); !begun) return begun;
    if (auto done = database.execute(kMigrations[static_cast<std::size_t>(version)]); !done)
      return done;
    const std::string mark = "PRAGMA user_version=" + std::to_string(version + 1);
    if (auto done = database.execute(mark.c_str()); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
  }
  return {};
}

Error no_database(const Database& database, const Error& error) {
  return no_store(database,
                  "it is no SQLite database, or a damaged one (" + error.text() +
                      "); name another file with --store, or restore this one from a backup");
}

}  // namespace

std::optional<Error> find_newer_schema(Database& database) {
  const auto application = database.load_number("PRAGMA application_id");
  const auto version = database.load_number("PRAGMA user_version");
  if (!application || *application != kApplicationId || !version || *version <= kNewest)
    return std::nullopt;
  return newer_store(database, *version);
}

Result<Schema> check_schema(Database& database) {
  const auto version = database.load_number("PRAGMA user_version");
  if (!version) {
    if (version.error().code() != ErrorCode::corrupt) return version.error();
    return no_database(database, version.error());
  }
  if (auto ours = check_is_ours(database, *version); !ours) return ours.error();
  return Schema{*version, *version == kNewest};
}

Result<void> prepare_schema(Database& database) {
  const auto fresh = is_fresh(database);
  if (!fresh) {
    if (fresh.error().code() != ErrorCode::corrupt) return fresh.error();
    return no_database(database, fresh.error());
  }
  const auto version = database.load_number("PRAGMA user_version");
  if (!version) return version.error();
  if (*fresh) {
    if (auto done = database.execute(kBeforeFirstTable); !done) return done;
  } else if (auto ours = check_is_ours(database, *version); !ours) {
    return ours;
  }
  if (auto done = use_write_ahead_log(database); !done) return done;
  return migrate(database, *version);
}

}  // namespace vela::store::sqlite
