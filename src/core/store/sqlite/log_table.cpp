#include "core/store/sqlite/log_table.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/number.hpp"

namespace vela::store::sqlite {
namespace {

constexpr std::string_view kLoad =
    "SELECT key, org, repo, build, kind, number, name, owner, base, generation, cut, cuts,"
    " replaced, state, status, reason, seal_length, seal_from, seal_sha256, seal_status,"
    " seal_exit_code, seal_dropped, seal_lost, seal_reason, created, started, finished, length,"
    " digest_state, last_output, deleted FROM logs WHERE key=?1";

// Whose log it is never changes: the index of that is left alone.
constexpr std::string_view kWrite =
    "INSERT INTO logs(key, org, repo, build, kind, number, name, owner, base, generation, cut,"
    " cuts, replaced, state, status, reason, seal_length, seal_from, seal_sha256, seal_status,"
    " seal_exit_code, seal_dropped, seal_lost, seal_reason, created, started, finished, length,"
    " digest_state, last_output, deleted)"
    " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,"
    "?24,?25,?26,?27,?28,?29,?30,?31)"
    " ON CONFLICT(key) DO UPDATE SET name=?7,"
    " owner=?8, base=?9, generation=?10, cut=?11, cuts=?12, replaced=?13, state=?14, status=?15,"
    " reason=?16, seal_length=?17, seal_from=?18, seal_sha256=?19, seal_status=?20,"
    " seal_exit_code=?21, seal_dropped=?22, seal_lost=?23, seal_reason=?24, created=?25,"
    " started=?26, finished=?27, length=?28, digest_state=?29, last_output=?30, deleted=?31";

Error bad_row(LogKey key, std::string_view column) {
  return Error(ErrorCode::corrupt, "the store's row of log " + std::to_string(key) +
                                       " is damaged: unknown " + std::string(column));
}

// The ids one after the other, 32 hex digits each.
std::string join_writers(const std::vector<logs::WriterId>& writers) {
  std::string text;
  for (const logs::WriterId& writer : writers) text += writer.to_string();
  return text;
}

std::optional<std::vector<logs::WriterId>> split_writers(std::string_view text) {
  constexpr std::size_t kDigits = 32;
  std::vector<logs::WriterId> writers;
  for (; !text.empty(); text.remove_prefix(std::min(kDigits, text.size()))) {
    const auto writer = logs::WriterId::parse(text.substr(0, kDigits));
    if (!writer) return std::nullopt;
    writers.push_back(*writer);
  }
  return writers;
}

// The offsets in decimal, a space between two.
std::string join_offsets(const std::vector<logs::Offset>& offsets) {
  std::string text;
  for (const logs::Offset offset : offsets) {
    if (!text.empty()) text.push_back(' ');
    text += std::to_string(offset);
  }
  return text;
}

std::optional<std::vector<logs::Offset>> split_offsets(std::string_view text) {
  std::vector<logs::Offset> offsets;
  while (!text.empty()) {
    const auto space = std::min(text.find(' '), text.size());
    const auto offset = base::parse_number(text.substr(0, space));
    if (!offset) return std::nullopt;
    offsets.push_back(*offset);
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return offsets;
}

std::optional<std::int64_t> to_micros(const std::optional<base::WallTime>& time) {
  if (!time) return std::nullopt;
  return base::to_unix_micros(*time);
}

std::optional<base::WallTime> read_time(const Query& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_unix_micros(row.number(column));
}

// The columns from `first` on, seal_length to seal_reason.
Result<std::optional<logs::Seal>> read_seal(const Query& row, int first, LogKey key) {
  if (row.is_null(first)) return std::optional<logs::Seal>();
  logs::Seal seal;
  seal.length = row.count(first);
  seal.from = row.count(first + 1);
  seal.sha256 = row.text(first + 2);
  const auto status = logs::parse_step_status(row.bytes(first + 3));
  if (!status) return bad_row(key, "seal_status");
  seal.status = *status;
  if (!row.is_null(first + 4)) seal.exit_code = static_cast<int>(row.number(first + 4));
  seal.dropped = row.count(first + 5);
  seal.lost = row.count(first + 6);
  seal.reason = row.text(first + 7);
  return std::optional(std::move(seal));
}

// The columns 1 to 5.
Result<logs::LogId> read_id(const Query& row, LogKey key) {
  logs::LogId id;
  id.build.org = row.text(1);
  id.build.repo = row.text(2);
  id.build.number = row.count(3);
  const auto kind = logs::parse_log_kind(row.bytes(4));
  if (!kind) return bad_row(key, "kind");
  id.kind = *kind;
  id.number = static_cast<std::uint16_t>(row.number(5));
  return id;
}

// The columns of kLoad.
Result<StoredLog> read_log(const Query& row) {
  StoredLog log;
  LogRecord& record = log.record;
  record.key = row.number(0);
  auto id = read_id(row, record.key);
  if (!id) return id.error();
  record.id = std::move(*id);
  record.name = row.text(6);
  if (!row.is_null(7)) {
    const auto owner = logs::WriterId::parse(row.bytes(7));
    if (!owner) return bad_row(record.key, "owner");
    record.owner = *owner;
  }
  record.base = row.count(8);
  record.generation = {row.count(9), row.count(10)};
  auto cuts = split_offsets(row.bytes(11));
  if (!cuts) return bad_row(record.key, "cuts");
  record.cuts = std::move(*cuts);
  auto replaced = split_writers(row.bytes(12));
  if (!replaced) return bad_row(record.key, "replaced");
  record.replaced = std::move(*replaced);
  const auto state = logs::parse_log_state(row.bytes(13));
  if (!state) return bad_row(record.key, "state");
  record.state = *state;
  const auto status = logs::parse_step_status(row.bytes(14));
  if (!status) return bad_row(record.key, "status");
  record.status = *status;
  record.reason = row.text(15);
  auto seal = read_seal(row, 16, record.key);
  if (!seal) return seal.error();
  record.seal = std::move(*seal);
  record.created = base::from_unix_micros(row.number(24));
  record.started = read_time(row, 25);
  record.finished = read_time(row, 26);
  log.length = row.count(27);
  log.digest_state = row.text(28);
  record.last_output = read_time(row, 29);
  record.deleted = read_time(row, 30);
  return log;
}

template <class Value, class Member>
std::optional<Value> of_seal(const std::optional<logs::Seal>& seal, Member member) {
  if (!seal) return std::nullopt;
  return Value((*seal).*member);
}

}  // namespace

bool is_ended(logs::LogState state) {
  return state == logs::LogState::sealed || state == logs::LogState::incomplete;
}

LogTable::LogTable(Database& database)
    : find_key_(database,
                "SELECT key FROM logs WHERE org=?1 AND repo=?2 AND build=?3 AND kind=?4"
                " AND number=?5"),
      load_open_keys_(database,
                      "SELECT key FROM logs WHERE state IN ('pending', 'running', 'lost')"
                      " ORDER BY key"),
      // 'services' stands before 'steps'.
      load_build_keys_(database,
                       "SELECT key FROM logs WHERE org=?1 AND repo=?2 AND build=?3"
                       " ORDER BY kind, number"),
      load_highest_key_(database,
                        "SELECT max(coalesce((SELECT max(key) FROM logs), 0),"
                        " coalesce((SELECT max(log) FROM erasures), 0))"),
      find_next_key_(database, "SELECT key FROM logs WHERE key > ?1 ORDER BY key LIMIT 1"),
      load_(database, kLoad),
      load_position_(database, "SELECT length, framed, state FROM logs WHERE key=?1"),
      load_state_(database, "SELECT state FROM logs WHERE key=?1 AND deleted IS NULL"),
      count_ended_(database,
                   "SELECT sum(state='sealed'), sum(state='incomplete') FROM logs"
                   " WHERE deleted IS NULL"),
      write_(database, kWrite),
      write_position_(database, "UPDATE logs SET length=?2, digest_state=?3 WHERE key=?1"),
      write_framed_(database, "UPDATE logs SET framed=?2 WHERE key=?1"),
      remove_(database, "DELETE FROM logs WHERE key=?1"),
      load_facts_(database,
                  "SELECT key, org, repo, build, kind, number, length, state,"
                  " coalesce(last_output, finished, created) FROM logs"
                  " WHERE key>?1 AND deleted IS NULL ORDER BY key LIMIT ?2"),
      forget_deleted_(database,
                      "DELETE FROM logs WHERE key IN (SELECT key FROM logs"
                      " WHERE deleted IS NOT NULL AND deleted<?1"
                      " AND key NOT IN (SELECT log FROM erasures) LIMIT ?2)"
                      " RETURNING org, repo, build"),
      forget_build_end_(database,
                        "DELETE FROM ended_builds WHERE org=?1 AND repo=?2 AND build=?3"
                        " AND NOT EXISTS (SELECT 1 FROM logs"
                        " WHERE org=?1 AND repo=?2 AND build=?3)"),
      find_build_end_(database,
                      "SELECT ended FROM ended_builds WHERE org=?1 AND repo=?2 AND build=?3"),
      write_build_end_(database, "INSERT OR REPLACE INTO ended_builds VALUES(?1, ?2, ?3, ?4)"),
      remove_build_end_(database,
                        "DELETE FROM ended_builds WHERE org=?1 AND repo=?2 AND build=?3") {}

Result<std::optional<LogKey>> LogTable::find_key(const logs::LogId& id) {
  Query query(find_key_, id.build.org, id.build.repo, id.build.number, logs::to_string(id.kind),
              id.number);
  const auto row = query.next();
  if (!row) return row.error();
  if (!*row) return std::optional<LogKey>();
  return std::optional<LogKey>(query.number(0));
}

Result<std::vector<LogKey>> LogTable::load_keys(Query& query) {
  std::vector<LogKey> keys;
  while (true) {
    const auto row = query.next();
    if (!row) return row.error();
    if (!*row) return keys;
    keys.push_back(query.number(0));
  }
}

Result<std::vector<LogKey>> LogTable::load_open_keys() {
  Query query(load_open_keys_);
  return load_keys(query);
}

Result<std::vector<LogKey>> LogTable::load_build_keys(const logs::BuildId& build) {
  Query query(load_build_keys_, build.org, build.repo, build.number);
  return load_keys(query);
}

Result<std::optional<LogKey>> LogTable::find_next_key(LogKey last) {
  Query query(find_next_key_, last);
  const auto row = query.next();
  if (!row) return row.error();
  if (!*row) return std::optional<LogKey>();
  return std::optional<LogKey>(query.number(0));
}

Result<LogKey> LogTable::load_highest_key() {
  Query query(load_highest_key_);
  const auto row = query.next();
  if (!row) return row.error();
  return query.number(0);
}

Result<std::optional<StoredLog>> LogTable::load(LogKey key) {
  Query query(load_, key);
  const auto row = query.next();
  if (!row) return row.error();
  if (!*row) return std::optional<StoredLog>();
  auto log = read_log(query);
  if (!log) return log.error();
  return std::optional(std::move(*log));
}

Result<std::optional<LogPosition>> LogTable::load_position(LogKey key) {
  Query query(load_position_, key);
  const auto row = query.next();
  if (!row) return row.error();
  if (!*row) return std::optional<LogPosition>();
  const auto state = logs::parse_log_state(query.bytes(2));
  if (!state) return bad_row(key, "state");
  return std::optional(LogPosition{query.count(0), query.count(1), is_ended(*state)});
}

Result<std::optional<logs::LogState>> LogTable::load_state(LogKey key) {
  Query query(load_state_, key);
  const auto has_row = query.next();
  if (!has_row) return has_row.error();
  if (!*has_row) return std::optional<logs::LogState>();
  const auto state = logs::parse_log_state(query.bytes(0));
  if (!state) return bad_row(key, "state");
  return state;
}

Result<LogTable::EndedLogs> LogTable::count_ended() {
  Query query(count_ended_);
  const auto has_row = query.next();
  if (!has_row) return has_row.error();
  return EndedLogs{query.count(0), query.count(1)};  // NULL, of no rows, counts as 0
}

Result<void> LogTable::write(const StoredLog& log) {
  const LogRecord& record = log.record;
  const auto& seal = record.seal;
  std::optional<std::string> owner;
  if (record.owner.is_set()) owner = record.owner.to_string();
  std::optional<std::string_view> seal_status;
  if (seal) seal_status = logs::to_string(seal->status);
  return run(
      write_, record.key, record.id.build.org, record.id.build.repo, record.id.build.number,
      logs::to_string(record.id.kind), record.id.number, record.name, owner, record.base,
      record.generation.number, record.generation.cut, join_offsets(record.cuts),
      join_writers(record.replaced), logs::to_string(record.state), logs::to_string(record.status),
      record.reason, of_seal<std::uint64_t>(seal, &logs::Seal::length),
      of_seal<std::uint64_t>(seal, &logs::Seal::from),
      of_seal<std::string_view>(seal, &logs::Seal::sha256), seal_status,
      seal ? seal->exit_code : std::nullopt, of_seal<std::uint64_t>(seal, &logs::Seal::dropped),
      of_seal<std::uint64_t>(seal, &logs::Seal::lost),
      of_seal<std::string_view>(seal, &logs::Seal::reason), base::to_unix_micros(record.created),
      to_micros(record.started), to_micros(record.finished), log.length, Blob{log.digest_state},
      to_micros(record.last_output), to_micros(record.deleted));
}

Result<void> LogTable::write_position(LogKey key, logs::Offset length,
                                      const std::string& digest_state) {
  return run(write_position_, key, length, Blob{digest_state});
}

Result<void> LogTable::write_framed(LogKey key, logs::Offset framed) {
  return run(write_framed_, key, framed);
}

Result<void> LogTable::remove(LogKey key) { return run(remove_, key); }

Result<std::vector<LogFacts>> LogTable::load_facts(LogKey after, std::size_t most) {
  std::vector<LogFacts> found;
  Query query(load_facts_, after, most);
  while (true) {
    const auto row = query.next();
    if (!row) return row.error();
    if (!*row) return found;
    LogFacts log;
    log.key = query.number(0);
    auto id = read_id(query, log.key);
    if (!id) return id.error();
    log.id = std::move(*id);
    log.bytes = query.count(6);
    const auto state = logs::parse_log_state(query.bytes(7));
    if (!state) return bad_row(log.key, "state");
    log.state = *state;
    log.last_output = base::from_unix_micros(query.number(8));
    found.push_back(std::move(log));
  }
}

Result<std::size_t> LogTable::forget_deleted(base::WallTime before, std::size_t most) {
  std::set<logs::BuildId> builds;
  std::size_t count = 0;
  {
    Query query(forget_deleted_, base::to_unix_micros(before), most);
    for (;; ++count) {
      const auto row = query.next();
      if (!row) return row.error();
      if (!*row) break;
      builds.insert({query.text(0), query.text(1), query.count(2)});
    }
  }
  for (const logs::BuildId& build : builds)
    if (auto done = run(forget_build_end_, build.org, build.repo, build.number); !done)
      return done.error();
  return count;
}

Result<std::optional<base::WallTime>> LogTable::find_build_end(const logs::BuildId& build) {
  Query query(find_build_end_, build.org, build.repo, build.number);
  const auto row = query.next();
  if (!row) return row.error();
  if (!*row) return std::optional<base::WallTime>();
  return std::optional(base::from_unix_micros(query.number(0)));
}

Result<void> LogTable::write_build_end(const logs::BuildId& build,
                                       std::optional<base::WallTime> ended) {
  if (!ended) return run(remove_build_end_, build.org, build.repo, build.number);
  return run(write_build_end_, build.org, build.repo, build.number, base::to_unix_micros(*ended));
}

}  // namespace vela::store::sqlite
