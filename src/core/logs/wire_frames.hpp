#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/logs/chunk.hpp"
#include "core/logs/leb128.hpp"

// The framed body, `application/vnd.vela-logs.frames`, byte by byte in docs/protocol.md: one byte
// of format version (1), then frames of kind, time, stream, length (LEB128) and `length` bytes. The
// first time of a body is absolute (microseconds since 1970), each later one the zigzag delta to
// the one before. Kind 1 is output; kind 2 is an event as JSON and has no place in the log.
namespace vela::logs {

inline constexpr std::string_view kFramesContentType = "application/vnd.vela-logs.frames";
inline constexpr std::size_t kMaxFrameBytes = 64 * 1024;

// Writes one body; each call appends to `out`.
class FrameEncoder {
 public:
  // Output of one mark, cut into frames of at most kMaxFrameBytes; nothing for no bytes.
  void put_output(std::string& out, base::WallTime time, Stream stream, std::string_view bytes);
  // Every run of the slice.
  void put_slice(std::string& out, const ChunkSlice& slice);
  // An event of a reading body. Limits: `json` is at most kMaxFrameBytes.
  void put_event(std::string& out, std::string_view json);

 private:
  void put_header(std::string& out, std::uint64_t kind, std::int64_t time, Stream stream,
                  std::size_t length);

  bool has_begun_ = false;
  std::int64_t last_time_ = 0;
};

// What a body holds. Called in order; the views live for the call.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  // A frame may come in several pieces, each with the frame's time.
  virtual void on_output(base::WallTime time, Stream stream, std::string_view bytes) = 0;
  virtual void on_event(std::string_view json) = 0;
};

// Reads one body however it is cut.
class FrameDecoder {
 public:
  // Hands everything in `bytes` to `sink`. Output is handed on as it comes; an event when it is
  // whole. Errors: invalid, for an unknown version, kind or stream, an overlong number or a frame
  // over the limit; what came before it has been handed on, and the decoder is of no further use.
  [[nodiscard]] Result<void> put(std::string_view bytes, FrameSink& sink);

  // True when the body may end here: it is empty, or its last frame is whole.
  [[nodiscard]] bool is_at_boundary() const;

 private:
  enum class Field { version, kind, time, stream, length, payload };

  [[nodiscard]] Result<void> take_number(std::uint64_t value, FrameSink& sink);
  void take_payload(std::string_view& bytes, FrameSink& sink);
  void end_frame(FrameSink& sink);

  Field field_ = Field::version;
  Leb128Reader number_;
  bool has_begun_ = false;
  std::int64_t time_ = 0;
  std::uint64_t kind_ = 0;
  Stream stream_ = Stream::unknown;
  std::size_t left_ = 0;  // payload bytes still to come
  std::string event_;
};

// The slices as one framed body, and a framed body as one chunk that begins at `begin`.
// decode_chunk's Errors: corrupt, when the body is no whole framed output.
[[nodiscard]] std::string encode_body(const std::vector<ChunkSlice>& slices);
[[nodiscard]] Result<Chunk> decode_chunk(Offset begin, std::string_view body);

}  // namespace vela::logs
