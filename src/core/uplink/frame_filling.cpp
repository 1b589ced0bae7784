#include "core/uplink/frame_filling.hpp"

#include <algorithm>
#include <string_view>

#include "core/base/assert.hpp"

namespace vela::uplink {
namespace {

// Version 1, kind 1, time 10, stream 1, length 3: the most that a frame adds to its bytes.
constexpr std::size_t kFrameHeaderBytes = 16;
// Less room than this is left over rather than filled with the beginning of a longer run.
constexpr std::size_t kMinPieceBytes = 1024;

}  // namespace

logs::Offset fill_frames(std::string& frames, std::size_t size, logs::FrameEncoder& encoder,
                         const buffer::Spool& held, logs::Offset from, logs::Offset to) {
  VELA_ASSERT(size > frames.size() + kMinPieceBytes);
  logs::Offset at = from;
  for (const logs::ChunkSlice& slice : held.slices(from, std::min<std::size_t>(to - from, size))) {
    for (const logs::MarkedRun& run : logs::marked_runs(slice)) {
      std::string_view bytes = run.bytes;
      while (!bytes.empty()) {
        const std::size_t left = size - frames.size();
        if (left < kFrameHeaderBytes + std::min(bytes.size(), kMinPieceBytes)) return at;
        const std::string_view piece =
            bytes.substr(0, std::min(left - kFrameHeaderBytes, logs::kMaxFrameBytes));
        encoder.put_output(frames, run.mark.time, run.mark.stream, piece);
        bytes.remove_prefix(piece.size());
        at += piece.size();
      }
    }
  }
  return at;
}

}  // namespace vela::uplink
