#include "core/store/sqlite/writer.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/assert.hpp"

namespace vela::store::sqlite {
namespace {

// A row of the journal is at most this much log: as large as a frame, so that the sweep can move a
// large row as it is, and small enough that a reader who wants a part of it unpacks little in vain.
constexpr std::size_t kMaxRowBytes = 256 * 1024;
// Below, a page of the database takes the body as it is and compressing wins less than it costs.
constexpr std::size_t kCompressFrom = 16 * 1024;
// More threads that compress than this would outrun the one that writes.
constexpr std::size_t kMaxHelpers = 3;

std::size_t count_helpers() {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  return std::min(kMaxHelpers, processors - 1);
}

Error hole_in_journal(const JournalEntry& entry, logs::Offset expected) {
  return Error(ErrorCode::corrupt, "the store's journal is damaged: log " +
                                       std::to_string(entry.key) + " goes on at offset " +
                                       std::to_string(entry.row.begin) + " instead of " +
                                       std::to_string(expected));
}

}  // namespace

Writer::Writer(Database& database, JournalIndex& index, StoreTally& tally)
    : database_(database),
      index_(index),
      tally_(tally),
      logs_(database),
      journal_(database),
      packer_(count_helpers()),
      frames_(database, packer_.codec()),
      erasures_(database) {}

Result<void> Writer::load_index() {
  const auto voided = erasures_.load_all();
  if (!voided) return voided.error();
  const std::unordered_set<LogKey> is_void(voided->begin(), voided->end());
  std::unordered_map<LogKey, LogPosition> positions;  // framed: where the next live row begins
  bool is_first = true;
  return journal_.scan([&](const JournalEntry& entry) -> Result<void> {
    if (std::exchange(is_first, false)) index_.begin_at(entry.row.row);
    if (is_void.contains(entry.key)) {
      index_.add_voided_row(entry.key, entry.row.row, entry.stored_bytes);
      return {};
    }
    auto known = positions.find(entry.key);
    if (known == positions.end()) {
      const auto position = logs_.load_position(entry.key);
      if (!position) return position.error();
      if (!*position)
        return Error(ErrorCode::corrupt, "the store's journal is damaged: there is no log " +
                                             std::to_string(entry.key));
      known = positions.emplace(entry.key, **position).first;
    }
    LogPosition& position = known->second;
    if (entry.row.end() <= position.framed) {
      index_.add_dead_row(entry.row.row, entry.stored_bytes);
      return {};
    }
    if (entry.row.begin != position.framed) return hole_in_journal(entry, position.framed);
    position.framed = entry.row.end();
    JournalChange change;
    change.key = entry.key;
    change.is_ended = position.is_ended;
    change.rows.push_back(entry.row);
    change.stored_bytes = entry.stored_bytes;
    index_.apply(change);
    return {};
  });
}

Result<void> Writer::load_tally() {
  const auto ended = logs_.count_ended();
  if (!ended) return ended.error();
  tally_.begin(ended->sealed, ended->incomplete);
  return {};
}

Result<void> Writer::commit(const std::vector<BatchItem>& batch) {
  std::vector<ChunkPacker::Row> rows;
  std::vector<std::size_t> counts;  // of rows of each item
  for (const BatchItem& item : batch) {
    auto pieces = cut_into_pieces(item.slices, kMaxRowBytes);
    counts.push_back(pieces.size());
    std::move(pieces.begin(), pieces.end(), std::back_inserter(rows));
  }
  Transaction transaction(database_);
  if (auto begun = transaction.begin_writing(); !begun) return begun;
  ChunkPacker::Run packed(packer_, rows, kCompressFrom);
  RowId next_row = index_.next_row();
  Rows rest(rows);
  std::vector<JournalChange> changes;
  changes.reserve(batch.size());
  std::vector<StateChange> states;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (auto noted = note_states(batch[i], states); !noted) return noted;
    if (auto marked = mark_voided(batch[i]); !marked) return marked;
    auto change = write(batch[i], rest.first(counts[i]), packed, next_row);
    rest = rest.subspan(counts[i]);
    if (!change) return change.error();
    changes.push_back(std::move(*change));
  }
  if (auto done = transaction.commit(); !done) return done;
  for (const BatchItem& item : batch)
    for (const LogKey key : item.voided) index_.on_voided(key);
  for (const JournalChange& change : changes) {
    index_.apply(change);
    std::uint64_t bytes = 0;
    for (const JournalRow& row : change.rows) bytes += row.length;
    tally_.on_committed(bytes, change.stored_bytes);
  }
  for (const StateChange& state : states) tally_.on_state(state.before, state.after);
  return {};
}

Result<void> Writer::note_states(const BatchItem& item, std::vector<StateChange>& states) {
  for (const LogKey key : item.voided) {
    if (key == item.key) continue;  // its row stays
    const auto before = logs_.load_state(key);
    if (!before) return before.error();
    states.push_back({*before, std::nullopt});
  }
  if (!item.record) return {};
  const auto before = logs_.load_state(item.key);
  if (!before) return before.error();
  std::optional<logs::LogState> after;
  if (!item.record->deleted) after = item.record->state;
  states.push_back({*before, after});
  return {};
}

Result<void> Writer::mark_voided(const BatchItem& item) {
  for (const LogKey key : item.voided) {
    if (auto done = erasures_.add(key); !done) return done;
    // The row that stays has nothing in frames: its length is written with its record.
    auto done = key == item.key ? logs_.write_framed(key, 0) : logs_.remove(key);
    if (!done) return done;
  }
  return {};
}

Result<LogPosition> Writer::load_position(const BatchItem& item) {
  if (std::find(item.voided.begin(), item.voided.end(), item.key) != item.voided.end()) {
    VELA_ASSERT(item.record && item.slices.empty());
    return LogPosition();
  }
  if (const auto tail = index_.find_tail(item.key))
    return LogPosition{tail->last.end(), 0, tail->is_ended};
  const auto position = logs_.load_position(item.key);
  if (!position) return position.error();
  VELA_ASSERT(*position || item.record);
  return position->value_or(LogPosition());
}

Result<JournalChange> Writer::write(const BatchItem& item, Rows rows, ChunkPacker::Run& packed,
                                    RowId& next_row) {
  const auto position = load_position(item);
  if (!position) return position.error();
  JournalChange change;
  change.key = item.key;
  change.is_ended = item.record ? is_ended(item.record->state) : position->is_ended;
  logs::Offset length = position->length;
  for (const logs::ChunkSlice& slice : item.slices) {
    VELA_ASSERT(slice.begin == length);
    length = slice.end;
  }
  if (auto done = append(item, rows, packed, next_row, change); !done) return done.error();
  // The row of the log is left alone when only bytes came: a page of it for each live log and flush
  // would cost more than the bytes do.
  Result<void> done;
  if (item.record) {
    StoredLog log{*item.record, length, item.digest_state};
    log.record.key = item.key;
    done = logs_.write(log);
  } else if (change.rows.empty()) {
    done = logs_.write_position(item.key, length, item.digest_state);
  }
  if (!done) return done.error();
  return change;
}

Result<void> Writer::append(const BatchItem& item, Rows rows, ChunkPacker::Run& packed,
                            RowId& next_row, JournalChange& change) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ChunkPacker::Row& piece = rows[i];
    const logs::Offset begin = piece.front().begin;
    const JournalRow row{next_row++, begin, static_cast<std::uint32_t>(piece.back().end - begin)};
    const PackedBody body = packed.next();
    std::optional<std::string_view> digest_state;
    if (i + 1 == rows.size()) digest_state = item.digest_state;
    if (auto done = journal_.append(item.key, row, body, digest_state); !done) return done;
    change.rows.push_back(row);
    change.stored_bytes += body.data.size();
  }
  return {};
}

}  // namespace vela::store::sqlite
