#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.hpp"
#include "core/base/error.hpp"
#include "core/base/sha256.hpp"
#include "core/logs/chunk.hpp"
#include "core/logs/log_id.hpp"
#include "core/logs/offset.hpp"
#include "core/logs/writer_id.hpp"

// What a spool file looks like. No I/O.
//
//   at       0  the identity, one block
//   at    4096  slot 0, one block      the valid one with the higher number counts;
//   at    8192  slot 1, one block      they are written in turn
//   at   12288  segments of kSegmentBytes with records; where the first stands is said by the slot
//
// A block is its length and the CRC-32C of its text, 4 bytes each, then the text: names and values
// as in the query of a URL. A record is a RecordHead and its payload. In a segment they stand one
// after the other; the last one is a jump to the segment where they go on, which may be any one
// that was free: what stands there from before has other positions and does not count. Numbers are
// in the order of the machine: a spool never leaves it.
namespace vela::buffer {

inline constexpr std::uint64_t kIdentityPlace = 0;
inline constexpr std::uint64_t kBlockBytes = 4096;
inline constexpr std::array<std::uint64_t, 2> kSlotPlaces{4096, 8192};
inline constexpr std::uint64_t kFirstRecordPlace = 12288;

// Whose bytes these are and where they go; never a token.
struct SpoolIdentity {
  std::string server;
  logs::LogId log;
  std::string name;
  base::WallTime started;

  friend bool operator==(const SpoolIdentity&, const SpoolIdentity&) = default;
};

// Who writes the log, as the server knows it or is about to hear.
struct Ownership {
  logs::WriterId writer;
  logs::WriterId replaces;  // `writer` is to take the log over from this one, of the same run
  bool is_owner = false;    // the server has accepted `writer`
  logs::ByteCount lost = 0;

  friend bool operator==(const Ownership&, const Ownership&) = default;
};

// What stands in a slot: everything that must be known of the bytes that are no longer in the file.
//
// Positions count the bytes that were put into the file, from 0; they never change, while the log
// they belong to may be moved to other offsets.
struct SpoolState {
  std::uint64_t number = 0;  // rises with each slot written
  Ownership ownership;
  logs::Offset base = 0;                    // where the writer began
  std::uint64_t place = kFirstRecordPlace;  // of the oldest record held
  std::uint64_t position = 0;               // of its first byte
  logs::ByteCount skip = 0;  // bytes from there on that are not this writer's to send
  logs::Offset offset = 0;   // of the first byte after those
  std::string prefix;        // the log's bytes before `offset` that are not in the file
  base::Sha256 digest;       // of the log from `base` to where `prefix` begins
};

// A jump's payload is the place of the next record, 8 bytes.
enum class RecordKind : std::uint8_t { unknown = 0, out = 1, err = 2, end = 3, jump = 4 };

// Followed by `length` bytes. `checksum` covers all else of the head, and the payload.
struct RecordHead {
  std::uint32_t length = 0;
  std::uint32_t checksum = 0;
  std::uint64_t position = 0;
  std::int64_t time = 0;  // microseconds since 1970
  RecordKind kind = RecordKind::unknown;
  std::array<std::uint8_t, 7> unused{};
};
static_assert(sizeof(RecordHead) == 32);

inline constexpr std::uint32_t kMaxRecordBytes = 64 * 1024;
inline constexpr std::uint64_t kJumpBytes = sizeof(RecordHead) + sizeof(std::uint64_t);
// Sixteen records of full size and a jump, in whole pages: a bit more than 1 MiB.
inline constexpr std::uint64_t kSegmentBytes = 257 * 4096;
static_assert(kSegmentBytes >= 16 * (sizeof(RecordHead) + kMaxRecordBytes) + kJumpBytes);

// A whole block. Errors: invalid, when it does not fit into kBlockBytes.
[[nodiscard]] Result<std::string> encode_identity(const SpoolIdentity& identity);
[[nodiscard]] Result<std::string> encode_state(const SpoolState& state);

// `block`: kBlockBytes or what there is of them. Errors: corrupt.
[[nodiscard]] Result<SpoolIdentity> decode_identity(std::string_view block);
[[nodiscard]] Result<SpoolState> decode_state(std::string_view block);

[[nodiscard]] std::string encode_jump(std::uint64_t place);
// Nothing when it leads to no segment.
[[nodiscard]] std::optional<std::uint64_t> decode_jump(std::string_view payload);

// The head of a record with that payload.
[[nodiscard]] RecordHead make_head(RecordKind kind, std::uint64_t position, base::WallTime time,
                                   std::string_view payload);
[[nodiscard]] std::string_view bytes_of(const RecordHead& head);

struct Record {
  RecordHead head;
  std::string_view payload;

  [[nodiscard]] std::uint64_t size() const { return sizeof(RecordHead) + payload.size(); }
};

// The record at the beginning of `bytes`, which must stand at `position`; nothing when it is cut,
// damaged, or left over from before.
[[nodiscard]] std::optional<Record> find_record(std::string_view bytes, std::uint64_t position);

}  // namespace vela::buffer
