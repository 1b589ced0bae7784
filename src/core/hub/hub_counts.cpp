#include "core/hub/hub_counts.hpp"

namespace vela::hub {

void HubCounts::count_placed(const Placed& placed, const std::vector<logs::TimeMark>& marks,
                             const WriterClock& clock, Now now) {
  const logs::ByteCount fresh = placed.end_after - placed.end_before;
  received_bytes += fresh;
  if (fresh < placed.bytes) {
    repeated_bytes += placed.bytes - fresh;
    ++repeated_writes;
  }
  if (fresh == 0) return;
  const logs::Offset first_new = placed.end_before - placed.at;
  if (const auto written = clock.to_ours(logs::find_mark_at(marks, first_new)->time, now.wall))
    written_to_received.observe(now.wall - *written);
}

}  // namespace vela::hub
