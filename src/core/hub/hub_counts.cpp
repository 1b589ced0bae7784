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
  // The mark that holds for the first new byte.
  const logs::Offset begin = placed.end_before - placed.at;
  std::size_t mark = 0;
  while (mark + 1 < marks.size() && marks[mark + 1].offset <= begin) ++mark;
  if (const auto written = clock.to_ours(marks[mark].time, now.wall))
    written_to_received.observe(now.wall - *written);
}

}  // namespace vela::hub
