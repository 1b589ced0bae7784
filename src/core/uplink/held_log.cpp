#include "core/uplink/held_log.hpp"

#include <string>

#include "core/base/assert.hpp"

namespace vela::uplink {
namespace {

std::string loss_line(logs::ByteCount lost) {
  if (lost == 0) return {};
  return "[vela-logs: the server lost " + std::to_string(lost) + " bytes here]\n";
}

}  // namespace

void HeldLog::push(std::string_view bytes, base::WallTime time, logs::Stream stream) {
  if (!is_discarded_) {
    buffer_.append(bytes, time, stream);
    digest_.update(bytes);
    last_time_ = time;
  }
  end_ += bytes.size();
}

void HeldLog::move_to(logs::Offset base, logs::ByteCount lost) {
  if (base == buffer_.begin() && base == base_ && lost == 0) return;
  // The line stands before the oldest byte that is left, so it gets that one's time.
  const auto oldest = buffer_.slices(buffer_.begin(), 1);
  const base::WallTime time = oldest.empty() ? last_time_ : oldest.front().marks().front().time;
  buffer_.rebase(base, loss_line(lost), time);
  lost_ += lost;
  begin_at(base);
}

void HeldLog::continue_at(logs::Offset base) {
  VELA_ASSERT(base >= buffer_.begin() && base <= buffer_.end());
  buffer_.free_until(base);
  begin_at(base);
}

void HeldLog::begin_at(logs::Offset base) {
  base_ = base;
  end_ = buffer_.end();
  digest_ = base::Sha256();
  for (const logs::ChunkSlice& slice : buffer_.slices(base, end_ - base))
    digest_.update(slice.bytes());
}

void HeldLog::discard() {
  buffer_.free_until(buffer_.end());
  is_discarded_ = true;
}

logs::Seal HeldLog::seal() const {
  logs::Seal seal;
  seal.length = end_;
  seal.from = base_;
  seal.sha256 = digest_.hex_digest();
  seal.lost = lost_;
  return seal;
}

}  // namespace vela::uplink
