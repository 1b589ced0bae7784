#include "core/hub/live_log.hpp"

#include <algorithm>
#include <utility>

#include "core/base/assert.hpp"

namespace vela::hub {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;

// An owner may be replaced without force from here on: two signs of life (15 s) were missed.
constexpr auto kTakeoverAfter = 30s;
// Four signs of life were missed: something is wrong with the worker.
constexpr auto kLostAfter = 60s;
// A worker that is away for longer is given up; it may still come back.
constexpr auto kGoneAfter = 1h;

constexpr std::string_view kGoneReason = "the writer is gone";
constexpr std::string_view kDeletedReason = "deleted";

}  // namespace

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::gap:
      return "gap";
    case Refusal::other_writer:
      return "other_writer";
    case Refusal::replaced:
      return "replaced";
    case Refusal::sealed:
      return "sealed";
    case Refusal::deleted:
      return "deleted";
    case Refusal::diverged:
      break;
  }
  return "diverged";
}

LiveLog::LiveLog(logs::LogId id, Now now)
    : LiveLog(
          [&id, &now] {
            store::LogRecord record;
            record.id = std::move(id);
            record.created = now.wall;
            return record;
          }(),
          0, base::Sha256(), now) {}

LiveLog::LiveLog(store::LogRecord record, logs::Offset length, base::Sha256 digest, Now now)
    : record_(std::move(record)),
      buffer_(length),
      digest_(digest),
      durable_(length),
      heard_(now.steady),
      last_output_(now.steady) {}

Result<LiveLog> LiveLog::recover(store::StoredLog stored, Now now) {
  auto digest = base::Sha256::restore(stored.digest_state);
  if (!digest)
    return Error(ErrorCode::corrupt, stored.record.id.to_string() + ": " + digest.error().text());
  LiveLog log(std::move(stored.record), stored.length, *digest, now);
  log.is_end_stored_ = log.record_.finished.has_value();
  // When the last byte of a log came that was open is not known any more: not later than now.
  if (!log.record_.finished && stored.length != 0) log.record_.last_output = now.wall;
  return log;
}

// ---- writing

bool LiveLog::is_replaced(const logs::WriterId& writer) const {
  return std::find(record_.replaced.begin(), record_.replaced.end(), writer) !=
         record_.replaced.end();
}

std::optional<Refusal> LiveLog::check_owner(const logs::WriterId& writer) const {
  if (record_.deleted) return Refusal::deleted;
  if (writer == record_.owner) return std::nullopt;
  return is_replaced(writer) ? Refusal::replaced : Refusal::other_writer;
}

std::optional<Refusal> LiveLog::claim(const WriterClaim& claim, store::LogKey key, Now now) {
  if (is_replaced(claim.writer)) return record_.deleted ? Refusal::deleted : Refusal::replaced;
  if (record_.deleted) begin_anew(key, now);
  if (record_.finished) {
    return claim.writer == record_.owner ? std::nullopt : std::optional(Refusal::sealed);
  }
  if (claim.writer != record_.owner) {
    if (record_.owner.is_set()) {
      if (claim.takeover != record_.owner) return Refusal::other_writer;
      if (!claim.force && now.steady - heard_ < kTakeoverAfter) return Refusal::other_writer;
    }
    change_owner(claim, now);
  }
  if (record_.key == 0) record_.key = key;
  if (claim.name && *claim.name != record_.name) {
    record_.name = *claim.name;
    is_record_changed_ = true;
  }
  if (claim.started && !record_.started) {
    record_.started = claim.started;
    is_record_changed_ = true;
  }
  hear(now.steady);
  return std::nullopt;
}

void LiveLog::change_owner(const WriterClaim& claim, Now now) {
  const bool is_first = record_.state == logs::LogState::pending;
  // One plain curl after another goes on where the log ends; nothing that was read can change.
  const bool goes_on = claim.is_anonymous && !record_.owner.is_set() && record_.base == 0;
  if (!is_first && !goes_on) {
    if (record_.owner.is_set()) record_.replaced.push_back(record_.owner);
    record_.base = received();
    digest_ = base::Sha256();
    ++record_.generation.number;
    record_.generation.cut = received();
    record_.cuts.push_back(received());
  }
  record_.owner = claim.writer;
  is_anonymous_owner_ = claim.is_anonymous;
  record_.state = logs::LogState::running;
  record_.status = logs::StepStatus::running;
  if (!record_.started) record_.started = claim.started.value_or(now.wall);
  is_record_changed_ = true;
}

void LiveLog::release(const logs::WriterId& writer) {
  if (!is_anonymous_owner_ || record_.owner != writer || record_.finished) return;
  record_.owner = logs::WriterId();
  is_anonymous_owner_ = false;
  is_record_changed_ = true;
}

void LiveLog::hear(base::SteadyTime now) {
  heard_ = now;
  if (record_.state != logs::LogState::lost && record_.state != logs::LogState::incomplete) return;
  record_.state = logs::LogState::running;
  record_.reason.clear();
  is_record_changed_ = true;
}

bool LiveLog::agrees_with_memory(logs::Offset at, std::string_view bytes) const {
  const logs::Offset from = std::max(at, buffer_.begin());
  if (from >= at + bytes.size()) return true;
  std::string_view left = bytes.substr(from - at);
  for (const logs::ChunkSlice& slice : buffer_.slices(from, left.size())) {
    if (left.substr(0, slice.size()) != slice.bytes()) return false;
    left.remove_prefix(slice.size());
  }
  return true;
}

std::optional<Refusal> LiveLog::place(const logs::WriterId& writer, logs::Offset at,
                                      std::string_view bytes,
                                      const std::vector<logs::TimeMark>& marks, Now now) {
  if (const auto refusal = check_owner(writer)) {
    return record_.finished && *refusal == Refusal::other_writer ? Refusal::sealed : refusal;
  }
  if (at > received()) return record_.finished ? Refusal::sealed : Refusal::gap;
  const std::size_t known = std::min<logs::ByteCount>(received() - at, bytes.size());
  if (record_.finished) {
    return known == bytes.size() ? std::nullopt : std::optional(Refusal::sealed);
  }
  hear(now.steady);
  if (!agrees_with_memory(at, bytes.substr(0, known))) {
    end(logs::LogState::incomplete, "the writer sent other bytes than before", now);
    return Refusal::diverged;
  }
  const std::string_view fresh = bytes.substr(known);
  if (fresh.empty()) return std::nullopt;
  logs::Chunk chunk{received(), std::string(fresh), {}};
  for (const logs::TimeMark& mark : marks) {
    const logs::Offset offset = std::max(at + mark.offset, chunk.begin);
    // A mark that is cut by the overlap keeps its time.
    if (!chunk.marks.empty() && chunk.marks.back().offset == offset) chunk.marks.pop_back();
    chunk.marks.push_back({offset, mark.time, mark.stream});
  }
  digest_.update(fresh);
  const std::size_t cost_before = buffer_.cost();
  buffer_.append(std::move(chunk));
  unstored_cost_ += buffer_.cost() - cost_before;
  last_output_ = now.steady;
  record_.last_output = now.wall;
  return std::nullopt;
}

std::optional<Refusal> LiveLog::seal(const logs::WriterId& writer, const logs::Seal& seal,
                                     Now now) {
  if (const auto refusal = check_owner(writer)) {
    return record_.finished && *refusal == Refusal::other_writer ? Refusal::sealed : refusal;
  }
  if (record_.finished) {
    return record_.seal == seal ? std::nullopt : std::optional(Refusal::sealed);
  }
  hear(now.steady);
  if (seal.length > received()) return Refusal::gap;
  record_.seal = seal;
  record_.status = seal.status;
  std::string fault;
  if (seal.length < received()) {
    fault = "the writer claims " + std::to_string(seal.length) + " bytes, there are " +
            std::to_string(received());
  } else if (seal.from != record_.base) {
    fault = "the writer claims to have begun at " + std::to_string(seal.from) + ", it began at " +
            std::to_string(record_.base);
  } else if (!seal.sha256.empty() && seal.sha256 != sha256()) {
    fault = "digest mismatch";
  }
  const auto state = fault.empty() ? logs::LogState::sealed : logs::LogState::incomplete;
  end(state, std::move(fault), now);
  return std::nullopt;
}

void LiveLog::end(logs::LogState state, std::string reason, Now now) {
  record_.state = state;
  record_.reason = std::move(reason);
  record_.finished = now.wall;
  if (!logs::is_final(record_.status)) record_.status = logs::StepStatus::error;
  is_record_changed_ = true;
}

bool LiveLog::is_in_use() const { return is_open() && record_.state != logs::LogState::incomplete; }

void LiveLog::erase(Now now) {
  VELA_ASSERT(record_.key != 0 && !record_.deleted);
  // The id of a plain curl is known to nobody.
  if (record_.owner.is_set() && !is_anonymous_owner_) record_.replaced.push_back(record_.owner);
  record_.owner = logs::WriterId();
  is_anonymous_owner_ = false;
  const auto finished = record_.finished;
  end(logs::LogState::incomplete, std::string(kDeletedReason), now);
  if (finished) record_.finished = finished;
  record_.deleted = now.wall;
  cut_to_nothing();
}

// A log of the same name, under another key: what is left of the old one is erased meanwhile.
void LiveLog::begin_anew(store::LogKey key, Now now) {
  store::LogRecord fresh;
  fresh.id = record_.id;
  fresh.created = now.wall;
  fresh.generation = record_.generation;
  fresh.cuts = std::move(record_.cuts);
  fresh.replaced = std::move(record_.replaced);
  fresh.key = record_.key;
  record_ = std::move(fresh);
  cut_to_nothing();
  record_.key = key;
}

void LiveLog::cut_to_nothing() {
  record_.base = 0;
  ++record_.generation.number;
  record_.generation.cut = 0;
  record_.cuts.push_back(0);
  buffer_ = buffer::LogBuffer(0);
  digest_ = base::Sha256();
  durable_ = 0;
  unstored_cost_ = 0;
  is_end_stored_ = false;
  is_record_changed_ = true;
  make_void(record_.key);
  if (in_flight_) in_flight_->is_void = true;
}

// Once a commit: a log may be deleted and begun anew between two.
void LiveLog::make_void(store::LogKey key) {
  if (std::find(voided_.begin(), voided_.end(), key) == voided_.end()) voided_.push_back(key);
}

// ---- storing

bool LiveLog::has_unstored() const {
  return record_.key != 0 && (is_record_changed_ || received() > durable_);
}

store::BatchItem LiveLog::take_batch() {
  VELA_ASSERT(!in_flight_ && record_.key != 0);
  store::BatchItem item;
  item.key = record_.key;
  if (is_record_changed_) {
    item.record = record_;
    // The id of a plain curl means nothing once its request has ended.
    if (is_anonymous_owner_) item.record->owner = logs::WriterId();
  }
  item.slices = buffer_.slices(durable_, received() - durable_);
  item.digest_state = digest_.save();
  item.voided = voided_;
  in_flight_ = InFlight{received(),
                        unstored_cost_,
                        is_record_changed_,
                        record_.finished.has_value(),
                        false,
                        std::exchange(voided_, {})};
  is_record_changed_ = false;
  return item;
}

void LiveLog::on_stored() {
  VELA_ASSERT(in_flight_);
  if (!in_flight_->is_void) {
    durable_ = in_flight_->until;
    unstored_cost_ -= in_flight_->cost;
    if (in_flight_->has_end) is_end_stored_ = true;
  }
  in_flight_.reset();
}

void LiveLog::on_store_failed() {
  VELA_ASSERT(in_flight_);
  if (in_flight_->has_record) is_record_changed_ = true;
  for (const store::LogKey key : in_flight_->voided) make_void(key);
  in_flight_.reset();
}

// ---- liveness

bool LiveLog::check_liveness(base::SteadyTime now) {
  if (!is_open()) return false;
  // Plain curl owns the log for as long as its request is open: that is its sign of life, however
  // long `make` is silent.
  if (is_anonymous_owner_) heard_ = now;
  const auto unheard = now - heard_;
  if (unheard >= kGoneAfter && record_.state != logs::LogState::incomplete) {
    record_.state = logs::LogState::incomplete;
    record_.reason = kGoneReason;
  } else if (unheard >= kLostAfter && record_.state == logs::LogState::running) {
    record_.state = logs::LogState::lost;
  } else {
    return false;
  }
  is_record_changed_ = true;
  return true;
}

// ---- reading

logs::LogState LiveLog::state() const {
  if (record_.finished && !is_end_stored_) return logs::LogState::running;
  return record_.state;
}

bool LiveLog::is_open() const {
  return record_.state != logs::LogState::pending && !record_.finished;
}

logs::Verdict LiveLog::verdict() const {
  logs::Verdict verdict;
  if (record_.seal) verdict = logs::judge(*record_.seal, sha256());
  if (!record_.reason.empty()) {
    verdict.complete = false;
    verdict.verified = false;
    verdict.reason = record_.reason;
  }
  return verdict;
}

logs::Offset LiveLog::resume_point(const logs::Cursor& cursor) const {
  if (cursor.generation == record_.generation.number) return cursor.offset;
  if (cursor.generation > record_.generation.number || cursor.generation == 0)
    return std::min(cursor.offset, received());
  // cuts[0] is that of generation 2.
  const auto first = record_.cuts.begin() + static_cast<std::ptrdiff_t>(cursor.generation - 1);
  return std::min(cursor.offset, *std::min_element(first, record_.cuts.end()));
}

std::vector<logs::ChunkSlice> LiveLog::slices(logs::Offset from, std::size_t max_bytes) const {
  return buffer_.slices(from, max_bytes);
}

std::chrono::milliseconds LiveLog::silent_for(base::SteadyTime now) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - last_output_);
}

std::chrono::milliseconds LiveLog::writer_unheard_for(base::SteadyTime now) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - heard_);
}

// ---- memory

void LiveLog::free_stored(std::size_t keep) {
  if (buffer_.is_empty()) return;
  // Small chunks cost a multiple of their bytes: then fewer bytes are kept.
  const logs::ByteCount held = buffer_.end() - buffer_.begin();
  const logs::ByteCount kept = keep * held / buffer_.cost();
  // A batch that is being stored holds its chunks itself.
  buffer_.free_until(durable_ > kept ? durable_ - kept : 0);
}

}  // namespace vela::hub
