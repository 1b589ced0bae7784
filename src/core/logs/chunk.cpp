#include "core/logs/chunk.hpp"

#include <algorithm>

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

std::vector<TimeMark> ChunkSlice::marks() const {
  const auto& all = chunk->marks;
  // The last mark at or before `begin` holds there.
  auto first = std::upper_bound(all.begin(), all.end(), begin,
                                [](Offset at, const TimeMark& mark) { return at < mark.offset; });
  if (first != all.begin()) --first;
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
