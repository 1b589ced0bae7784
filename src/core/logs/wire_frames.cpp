#include "core/logs/wire_frames.hpp"

#include <algorithm>

#include "core/base/assert.hpp"

namespace vela::logs {
namespace {

constexpr char kVersion = 1;
constexpr std::uint64_t kOutput = 1;
constexpr std::uint64_t kEvent = 2;

std::uint64_t to_zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

std::int64_t from_zigzag(std::uint64_t value) {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

// Sums and differences of times wrap instead of overflowing: a peer may send any of them.
std::int64_t wrap_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::int64_t wrap_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

Error bad_frames(std::string_view why) {
  return Error(ErrorCode::invalid, std::string("bad framed body: ").append(why));
}

}  // namespace

void FrameEncoder::put_header(std::string& out, std::uint64_t kind, std::int64_t time,
                              Stream stream, std::size_t length) {
  if (!has_begun_) out.push_back(kVersion);
  put_leb128(out, kind);
  put_leb128(out, has_begun_ ? to_zigzag(wrap_subtract(time, last_time_))
                             : static_cast<std::uint64_t>(time));
  put_leb128(out, static_cast<std::uint64_t>(stream));
  put_leb128(out, length);
  has_begun_ = true;
  last_time_ = time;
}

void FrameEncoder::put_output(std::string& out, base::WallTime time, Stream stream,
                              std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kMaxFrameBytes);
    put_header(out, kOutput, base::to_unix_micros(time), stream, piece.size());
    out.append(piece);
    bytes.remove_prefix(piece.size());
  }
}

void FrameEncoder::put_slice(std::string& out, const ChunkSlice& slice) {
  for (const MarkedRun& run : marked_runs(slice))
    put_output(out, run.mark.time, run.mark.stream, run.bytes);
}

void FrameEncoder::put_event(std::string& out, std::string_view json) {
  VELA_ASSERT(json.size() <= kMaxFrameBytes);
  put_header(out, kEvent, last_time_, Stream::unknown, json.size());
  out.append(json);
}

Result<void> FrameDecoder::put(std::string_view bytes, FrameSink& sink) {
  while (!bytes.empty()) {
    if (field_ == Field::payload) {
      take_payload(bytes, sink);
      continue;
    }
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (field_ == Field::version) {
      if (byte != kVersion) return bad_frames("unknown format version");
      field_ = Field::kind;
      continue;
    }
    const auto value = number_.put(byte);
    if (number_.is_overlong()) return bad_frames("a number takes more than 64 bits");
    if (!value) continue;
    if (auto taken = take_number(*value, sink); !taken) return taken;
  }
  return {};
}

Result<void> FrameDecoder::take_number(std::uint64_t value, FrameSink& sink) {
  switch (field_) {
    case Field::kind:
      if (value != kOutput && value != kEvent) return bad_frames("unknown kind of frame");
      kind_ = value;
      field_ = Field::time;
      break;
    case Field::time:
      time_ = has_begun_ ? wrap_add(time_, from_zigzag(value)) : static_cast<std::int64_t>(value);
      has_begun_ = true;
      field_ = Field::stream;
      break;
    case Field::stream:
      if (value > static_cast<std::uint64_t>(Stream::err)) return bad_frames("unknown stream");
      stream_ = static_cast<Stream>(value);
      field_ = Field::length;
      break;
    case Field::length:
      if (value > kMaxFrameBytes) return bad_frames("a frame is over 64 KiB");
      left_ = value;
      field_ = Field::payload;
      if (left_ == 0) end_frame(sink);
      break;
    case Field::version:
    case Field::payload:
      VELA_ASSERT(false);
  }
  return {};
}

void FrameDecoder::take_payload(std::string_view& bytes, FrameSink& sink) {
  const std::string_view piece = bytes.substr(0, left_);
  bytes.remove_prefix(piece.size());
  left_ -= piece.size();
  if (kind_ == kEvent) {
    event_.append(piece);
  } else {
    sink.on_output(base::from_unix_micros(time_), stream_, piece);
  }
  if (left_ == 0) end_frame(sink);
}

void FrameDecoder::end_frame(FrameSink& sink) {
  if (kind_ == kEvent) sink.on_event(event_);
  event_.clear();
  field_ = Field::kind;
}

bool FrameDecoder::is_at_boundary() const {
  return field_ == Field::version || (field_ == Field::kind && number_.is_at_boundary());
}

std::string encode_body(const std::vector<ChunkSlice>& slices) {
  std::size_t total = 0;
  for (const ChunkSlice& slice : slices) total += slice.size() + 16;
  std::string body;
  body.reserve(total);
  FrameEncoder encoder;
  for (const ChunkSlice& slice : slices) encoder.put_slice(body, slice);
  return body;
}

Result<Chunk> decode_chunk(Offset begin, std::string_view body) {
  class Collector final : public FrameSink {
   public:
    explicit Collector(Chunk& chunk) : chunk_(chunk) {}
    void on_output(base::WallTime time, Stream stream, std::string_view bytes) override {
      const auto& marks = chunk_.marks;
      if (marks.empty() || marks.back().time != time || marks.back().stream != stream)
        chunk_.marks.push_back({chunk_.end(), time, stream});
      chunk_.bytes.append(bytes);
    }
    void on_event(std::string_view /*json*/) override { has_event_ = true; }
    [[nodiscard]] bool has_event() const { return has_event_; }

   private:
    Chunk& chunk_;
    bool has_event_ = false;
  };

  Chunk chunk;
  chunk.begin = begin;
  chunk.bytes.reserve(body.size());
  Collector collector(chunk);
  FrameDecoder decoder;
  const auto decoded = decoder.put(body, collector);
  if (!decoded) return Error(ErrorCode::corrupt, decoded.error().text());
  if (!decoder.is_at_boundary() || collector.has_event() || chunk.bytes.empty())
    return Error(ErrorCode::corrupt, "not a whole framed output");
  return chunk;
}

}  // namespace vela::logs
