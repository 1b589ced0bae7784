#include "core/buffer/spool_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/base/assert.hpp"

namespace vela::buffer {
namespace {

// How much is read at once: few system calls for a million short lines, little memory. Whole
// records of full size, so that none of what a child prints at full speed is read twice.
constexpr std::size_t kReadBytes = 4 * (sizeof(RecordHead) + kMaxRecordBytes);

logs::Stream stream_of(RecordKind kind) { return static_cast<logs::Stream>(kind); }

// Up to `size` bytes at `place`; fewer at the end of the file only.
Result<std::string> read_at(int fd, std::uint64_t place, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t length =
        ::pread(fd, bytes.data() + done, size - done, static_cast<off_t>(place + done));
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return errno_error(ErrorCode::unavailable, "reading the spool", errno);
    if (length == 0) break;
    done += static_cast<std::size_t>(length);
  }
  bytes.resize(done);
  return bytes;
}

Result<std::uint64_t> length_of(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) != 0)
    return errno_error(ErrorCode::unavailable, "looking at the spool", errno);
  return static_cast<std::uint64_t>(status.st_size);
}

// Zeros, without disk space for whole blocks of them. False where the file system can't.
bool punch(int fd, std::uint64_t place, std::uint64_t size) {
  constexpr int kMode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  return ::fallocate(fd, kMode, static_cast<off_t>(place), static_cast<off_t>(size)) == 0;
}

void take_output(SpoolBatch& batch, const Record& record) {
  const logs::Stream stream = stream_of(record.head.kind);
  const base::WallTime time = base::from_unix_micros(record.head.time);
  const bool is_new = batch.chunk.marks.empty() || batch.chunk.marks.back().time != time ||
                      batch.chunk.marks.back().stream != stream;
  if (is_new) batch.chunk.marks.push_back({record.head.position, time, stream});
  batch.chunk.bytes += record.payload;
  batch.next_place += record.size();
  batch.file_bytes += record.size();
}

// Whether a record of that segment that ends at `place` leaves the room that each must: for a jump.
bool leaves_room(std::uint64_t segment, std::uint64_t place) {
  return place + kJumpBytes <= SpoolSegments::end_of(segment);
}

// The records at the beginning of `bytes`, where batch.next_place stands, up to a jump. Returns
// where that leads.
std::optional<std::uint64_t> take_records(SpoolBatch& batch, std::string_view bytes) {
  const std::uint64_t segment = batch.next_place;
  while (const auto record = find_record(bytes, batch.chunk.end())) {
    if (record->head.kind == RecordKind::jump) return decode_jump(record->payload);
    if (!leaves_room(segment, batch.next_place + record->size())) break;
    if (record->head.kind == RecordKind::end) {
      batch.end = std::string(record->payload);
      break;
    }
    take_output(batch, *record);
    bytes.remove_prefix(record->size());
  }
  return std::nullopt;
}

}  // namespace

Result<SpoolFile> SpoolFile::create(base::UniqueFd fd, std::string path,
                                    const SpoolIdentity& identity, const Ownership& ownership) {
  const Result<std::string> block = encode_identity(identity);
  if (!block) return block.error();
  SpoolFile file(std::move(fd), std::move(path));
  file.identity_ = identity;
  if (auto written = file.write(*block, kIdentityPlace); !written) return written.error();
  SpoolState state;
  state.ownership = ownership;
  // Both slots, so that a disk that is full later has room for them.
  if (auto saved = file.save(state); !saved) return saved.error();
  if (auto saved = file.save(std::move(state)); !saved) return saved.error();
  return file;
}

Result<SpoolIdentity> SpoolFile::read_identity(int fd) {
  const Result<std::string> block = read_at(fd, kIdentityPlace, kBlockBytes);
  if (!block) return block.error();
  return decode_identity(*block);
}

Result<SpoolFile> SpoolFile::open(base::UniqueFd fd, std::string path) {
  SpoolFile file(std::move(fd), std::move(path));
  const Result<std::string> head = read_at(file.fd_.get(), 0, kFirstRecordPlace);
  if (!head) return head.error();
  const auto block = [&head](std::uint64_t place) {
    return std::string_view(*head).substr(std::min<std::size_t>(place, head->size()), kBlockBytes);
  };
  Result<SpoolIdentity> identity = decode_identity(block(kIdentityPlace));
  if (!identity) return identity.error();
  file.identity_ = std::move(*identity);
  const Result<std::uint64_t> size = length_of(file.fd_.get());
  if (!size) return size.error();
  std::optional<SpoolState> best;
  for (const std::uint64_t place : kSlotPlaces) {
    Result<SpoolState> state = decode_state(block(place));
    const bool is_within = state && state->place >= kFirstRecordPlace && state->place <= *size &&
                           leaves_room(state->place, state->place);
    if (is_within && (!best || state->number > best->number)) best = std::move(*state);
  }
  if (!best) return Error(ErrorCode::corrupt, "both states of the spool are damaged");
  file.state_ = std::move(*best);
  const std::uint64_t first = SpoolSegments::begin_of(file.state_.place);
  file.segments_ = SpoolSegments({first}, *size);
  file.tail_ = file.state_.place;
  file.is_read_through_ = false;
  return file;
}

Result<void> SpoolFile::write(std::string_view bytes, std::uint64_t place) {
  while (!bytes.empty()) {
    const ssize_t length =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return errno_error(ErrorCode::unavailable, "writing the spool", errno);
    bytes.remove_prefix(static_cast<std::size_t>(length));
    place += static_cast<std::uint64_t>(length);
  }
  return {};
}

std::uint64_t SpoolFile::used() const {
  return (segments_.held() - 1) * kSegmentBytes + (tail_ - SpoolSegments::begin_of(tail_));
}

Result<void> SpoolFile::append(RecordKind kind, std::uint64_t position, base::WallTime time,
                               std::string_view payload) {
  VELA_ASSERT(!payload.empty() && payload.size() <= kMaxRecordBytes);
  if (!is_cut_off_) {
    if (auto cut = cut_off(); !cut) return cut;
  }
  const RecordHead head = make_head(kind, position, time, payload);
  const std::uint64_t size = sizeof head + payload.size();
  if (leaves_room(tail_, tail_ + size)) {
    if (auto written = write_record(tail_, head, payload); !written) return written;
    tail_ += size;
    return {};
  }
  // The jump comes last: until it stands, the record does not count.
  const std::uint64_t place = segments_.next();
  if (auto written = write_record(place, head, payload); !written) return written;
  const std::string jump = encode_jump(place);
  const RecordHead jump_head = make_head(RecordKind::jump, position, time, jump);
  if (auto written = write_record(tail_, jump_head, jump); !written) return written;
  segments_.take();
  tail_ = place + size;
  return {};
}

Result<void> SpoolFile::write_record(std::uint64_t place, const RecordHead& head,
                                     std::string_view payload) {
  const std::string_view front = bytes_of(head);
  const std::array<iovec, 2> parts{iovec{const_cast<char*>(front.data()), front.size()},
                                   iovec{const_cast<char*>(payload.data()), payload.size()}};
  const std::size_t size = front.size() + payload.size();
  ssize_t length = 0;
  do {
    length = ::pwritev(fd_.get(), parts.data(), parts.size(), static_cast<off_t>(place));
  } while (length < 0 && errno == EINTR);
  if (length < 0) return errno_error(ErrorCode::unavailable, "writing the spool", errno);
  // A short write is the last one before the disk is full, which the next one says.
  for (auto done = static_cast<std::size_t>(length); done < size;) {
    const std::string_view part = done < front.size() ? front : payload;
    const std::size_t skipped = done < front.size() ? done : done - front.size();
    const std::string_view rest = part.substr(skipped);
    if (auto written = write(rest, place + done); !written) return written;
    done += rest.size();
  }
  return {};
}

Result<SpoolBatch> SpoolFile::read(std::uint64_t place, std::uint64_t position) const {
  SpoolBatch batch;
  batch.next_place = place;
  batch.chunk.begin = position;
  Result<std::string> bytes = read_records(place);
  if (!bytes) return bytes.error();
  batch.chunk.bytes.reserve(bytes->size());
  const auto jump = take_records(batch, *bytes);
  // One behind output is for the next call.
  if (!jump || *jump >= segments_.end() || !batch.chunk.bytes.empty()) return batch;
  bytes = read_records(*jump);
  if (!bytes) return bytes.error();
  batch.next_place = *jump;
  static_cast<void>(take_records(batch, *bytes));
  if (!batch.chunk.bytes.empty() || batch.end) {
    batch.jump = jump;
  } else {
    batch.next_place = place;
  }
  return batch;
}

Result<std::string> SpoolFile::read_records(std::uint64_t place) const {
  const std::uint64_t end = SpoolSegments::end_of(place);
  const bool is_last = is_read_through_ && end == SpoolSegments::end_of(tail_);
  return read_at(fd_.get(), place,
                 std::min<std::uint64_t>(kReadBytes, (is_last ? tail_ : end) - place));
}

void SpoolFile::settle(std::uint64_t tail, const std::vector<std::uint64_t>& segments) {
  tail_ = tail;
  segments_ = SpoolSegments(segments, segments_.end());
  is_read_through_ = true;
  is_cut_off_ = false;
}

// A file that was damaged may have good records behind the place where it was cut. They would count
// again as soon as new ones reach their positions.
Result<void> SpoolFile::cut_off() {
  const std::uint64_t end = SpoolSegments::end_of(tail_);
  if (!punch(fd_.get(), tail_, end - tail_)) {
    const Result<std::uint64_t> length = length_of(fd_.get());
    if (!length) return length.error();
    const std::uint64_t left = std::min(end, std::max(*length, tail_)) - tail_;
    if (auto wiped = write(std::string(left, '\0'), tail_); !wiped) return wiped;
  }
  while (const auto segment = segments_.spare_beyond(0)) {
    if (punch(fd_.get(), *segment, kSegmentBytes)) {
      segments_.has_given_back();
    } else {
      segments_.drop_spare();
    }
  }
  is_cut_off_ = true;
  return {};
}

Result<void> SpoolFile::save(SpoolState state) {
  state.number = state_.number + 1;
  Result<std::string> block = encode_state(state);
  if (!block) return block.error();
  // The whole slot, so that nothing of a longer state before stays behind.
  block->resize(kBlockBytes, '\0');
  if (auto written = write(*block, kSlotPlaces[state.number % kSlotPlaces.size()]); !written)
    return written;
  state_ = std::move(state);
  return {};
}

bool SpoolFile::would_free(std::uint64_t place) const {
  return SpoolSegments::begin_of(place) != segments_.oldest();
}

void SpoolFile::give_back() {
  segments_.free_before(state_.place);
  while (const auto segment = segments_.spare_beyond(SpoolSegments::kMaxSpare)) {
    // Where the file system can't, it waits to be taken again.
    if (!punch(fd_.get(), *segment, kSegmentBytes)) return;
    segments_.has_given_back();
  }
}

Result<void> SpoolFile::restart(SpoolState state) {
  state.place = kFirstRecordPlace;
  if (auto saved = save(std::move(state)); !saved) return saved;
  // Records that stay behind when this fails stand at other positions and never count.
  if (::ftruncate(fd_.get(), static_cast<off_t>(kFirstRecordPlace)) == 0) is_cut_off_ = true;
  tail_ = kFirstRecordPlace;
  segments_ = SpoolSegments();
  return {};
}

void SpoolFile::remove() { ::unlink(path_.c_str()); }

void SpoolFile::reject() {
  const std::string kept = path_ + std::string(kRejectedSuffix);
  // Its age counts from now on.
  ::futimens(fd_.get(), nullptr);
  if (::rename(path_.c_str(), kept.c_str()) == 0) path_ = kept;
}

}  // namespace vela::buffer
