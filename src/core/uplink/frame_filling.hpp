#pragma once

#include <cstddef>
#include <string>

#include "core/buffer/spool.hpp"
#include "core/logs/offset.hpp"
#include "core/logs/wire_frames.hpp"

namespace vela::uplink {

// Appends held output from `from` on to `frames`, at most up to `to`, for as long as `frames` then
// has at most `size` bytes. Returns where it stopped; something fits into any `size` above 1 KiB.
[[nodiscard]] logs::Offset fill_frames(std::string& frames, std::size_t size,
                                       logs::FrameEncoder& encoder, const buffer::Spool& held,
                                       logs::Offset from, logs::Offset to);

}  // namespace vela::uplink
