#include "core/uplink/held_log.hpp"

#include <string>
#include <utility>

namespace vela::uplink {
namespace {

std::string loss_line(logs::ByteCount lost) {
  if (lost == 0) return {};
  return "[vela-logs: the server lost " + std::to_string(lost) + " bytes here]\n";
}

}  // namespace

HeldLog::HeldLog(buffer::Spool spool)
    : spool_(std::move(spool)), end_(spool_.end()), lost_(spool_.ownership().lost) {}

void HeldLog::push(std::string_view bytes, base::WallTime time, logs::Stream stream) {
  end_ += bytes.size();
  if (is_discarded_) return;
  spool_.append(bytes, time, stream);
  last_time_ = time;
}

void HeldLog::move_to(logs::Offset base, logs::ByteCount lost) {
  if (base == begin() && base == base_offset() && lost == 0) return;
  // The line stands before the oldest byte that is left, so it gets that one's time.
  const auto oldest = spool_.slices(begin(), 1);
  const base::WallTime time = oldest.empty() ? last_time_ : oldest.front().marks().front().time;
  spool_.move_to(base, loss_line(lost), time);
  lost_ += lost;
  end_ = spool_.end();
}

void HeldLog::continue_at(logs::Offset base) { spool_.begin_at(base); }

void HeldLog::set_owner(const logs::WriterId& writer, const logs::WriterId& replaces,
                        bool is_owner) {
  buffer::Ownership ownership;
  ownership.writer = writer;
  ownership.replaces = replaces;
  ownership.is_owner = is_owner;
  ownership.lost = lost_;
  if (!(ownership == spool_.ownership())) spool_.set_ownership(ownership);
}

void HeldLog::discard() {
  spool_.discard();
  is_discarded_ = true;
}

logs::Seal HeldLog::seal() const {
  logs::Seal seal;
  seal.length = end_;
  seal.from = base_offset();
  seal.sha256 = spool_.hex_digest();
  seal.lost = lost_;
  return seal;
}

}  // namespace vela::uplink
