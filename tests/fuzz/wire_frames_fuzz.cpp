// A framed body of a peer, and a body as the store keeps it: the same bytes.
#include <memory>
#include <string>
#include <vector>

#include "core/logs/wire_frames.hpp"

#include "fuzz/fuzz_target.hpp"

namespace vela::fuzz {
namespace {

struct Part {
  bool is_event = false;
  base::WallTime time;
  logs::Stream stream = logs::Stream::unknown;
  std::string bytes;

  friend bool operator==(const Part&, const Part&) = default;
};

// What a body holds, neighbours of one time and stream joined: where a frame ends says nothing.
class Collector final : public logs::FrameSink {
 public:
  void on_output(base::WallTime time, logs::Stream stream, std::string_view bytes) override {
    VELA_ASSERT(!bytes.empty());
    const bool joins = !parts.empty() && !parts.back().is_event && parts.back().time == time &&
                       parts.back().stream == stream;
    if (!joins) parts.push_back({false, time, stream, {}});
    parts.back().bytes += bytes;
  }
  void on_event(std::string_view json) override {
    VELA_ASSERT(json.size() <= logs::kMaxFrameBytes);
    parts.push_back({true, {}, logs::Stream::unknown, std::string(json)});
  }

  std::vector<Part> parts;
};

struct Decoded {
  std::vector<Part> parts;
  bool is_good = true;
  bool is_whole = false;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode(const Pieces& pieces) {
  Collector collector;
  logs::FrameDecoder decoder;
  Decoded decoded;
  for (const std::string_view piece : pieces) {
    decoded.is_good = decoder.put(piece, collector).has_value();
    if (!decoded.is_good) break;
  }
  decoded.is_whole = decoded.is_good && decoder.is_at_boundary();
  decoded.parts = std::move(collector.parts);
  return decoded;
}

std::string encode(const std::vector<Part>& parts) {
  std::string body;
  logs::FrameEncoder encoder;
  for (const Part& part : parts) {
    if (part.is_event) {
      encoder.put_event(body, part.bytes);
    } else {
      encoder.put_output(body, part.time, part.stream, part.bytes);
    }
  }
  return body;
}

void check_chunk(std::string_view body) {
  constexpr logs::Offset kBegin = 1000;
  auto decoded = logs::decode_chunk(kBegin, body);
  if (!decoded) return;
  const auto chunk = std::make_shared<const logs::Chunk>(std::move(*decoded));
  VELA_ASSERT(!chunk->bytes.empty() && !chunk->marks.empty());
  VELA_ASSERT(chunk->begin == kBegin && chunk->marks.front().offset == kBegin);
  for (std::size_t i = 1; i < chunk->marks.size(); ++i)
    VELA_ASSERT(chunk->marks[i - 1].offset < chunk->marks[i].offset);
  VELA_ASSERT(chunk->marks.back().offset < chunk->end());

  // A slice from anywhere, here the middle, stands alone.
  const logs::Offset middle = chunk->begin + chunk->bytes.size() / 2;
  for (const logs::Offset begin : {chunk->begin, middle}) {
    const logs::ChunkSlice slice{chunk, begin, chunk->end()};
    const auto back = logs::decode_chunk(begin, logs::encode_body({slice}));
    VELA_ASSERT(back.has_value());
    VELA_ASSERT(back->bytes == slice.bytes() && back->marks == slice.marks());
  }
}

}  // namespace

void check(std::string_view input) {
  const std::vector<Pieces> ways = ways_to_cut(input);
  const Decoded whole = decode(ways.front());
  for (const Pieces& pieces : ways) VELA_ASSERT(decode(pieces) == whole);

  const Decoded again = decode({encode(whole.parts)});
  VELA_ASSERT(again.is_whole && again.parts == whole.parts);
  check_chunk(input);
}

}  // namespace vela::fuzz
