#include "core/logs/chunk.hpp"

#include <algorithm>
#include <iterator>

#include "core/base/assert.hpp"

namespace vela::logs {

std::string_view to_string(Stream stream) {
  switch (stream) {
    case Stream::out:
      return "stdout";
    case Stream::err:
      return "stderr";
    case Stream::unknown:
      break;
  }
  return "unknown";
}

std::vector<TimeMark>::const_iterator find_mark_at(const std::vector<TimeMark>& marks, Offset at) {
  const auto after =
      std::upper_bound(marks.begin(), marks.end(), at,
                       [](Offset offset, const TimeMark& mark) { return offset < mark.offset; });
  VELA_ASSERT(after != marks.begin());
  return std::prev(after);
}

std::vector<TimeMark> ChunkSlice::marks() const {
  const auto& all = chunk->marks;
  const auto first = find_mark_at(all, begin);
  const auto last = std::lower_bound(
      first, all.end(), end, [](const TimeMark& mark, Offset at) { return mark.offset < at; });
  std::vector<TimeMark> held(first, last);
  if (!held.empty()) held.front().offset = begin;
  return held;
}

std::vector<MarkedRun> marked_runs(const ChunkSlice& slice) {
  const std::vector<TimeMark> marks = slice.marks();
  std::vector<MarkedRun> runs;
  runs.reserve(marks.size());
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const Offset end = i + 1 < marks.size() ? marks[i + 1].offset : slice.end;
    runs.push_back(
        {marks[i], slice.bytes().substr(marks[i].offset - slice.begin, end - marks[i].offset)});
  }
  return runs;
}

}  // namespace vela::logs
