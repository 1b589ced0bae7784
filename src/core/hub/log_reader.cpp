#include "core/hub/log_reader.hpp"

#include <algorithm>
#include <utility>

#include "core/async/run_blocking.hpp"

namespace vela::hub {
namespace {

// How much is read at once when lines are counted from the end.
constexpr std::size_t kBackwardsWindow = 256 * 1024;

Error deleted_meanwhile(const LiveLog& live) {
  return Error(ErrorCode::not_found, live.record().id.to_string() + " was deleted meanwhile");
}

}  // namespace

async::Awaitable<Result<std::vector<logs::ChunkSlice>>> LogReader::read(HubLogPtr log,
                                                                        logs::Offset from,
                                                                        std::size_t max_bytes) {
  const LiveLog& live = log->live;
  if (from >= live.received()) co_return std::vector<logs::ChunkSlice>();
  if (from >= live.memory_begin()) co_return live.slices(from, max_bytes);
  const store::LogKey key = live.record().key;
  const std::uint64_t generation = live.record().generation.number;
  // What is in memory from here on is not asked of the store.
  const std::size_t wanted = std::min<logs::ByteCount>(max_bytes, live.memory_begin() - from);
  auto job = [this, key, from, wanted] { return store_.read(key, from, wanted); };
  auto slices = co_await async::run_blocking(pool_, std::move(job));
  const bool has_bytes = slices && !slices->empty();
  if (!has_bytes && live.record().generation.number != generation)
    co_return deleted_meanwhile(live);
  if (slices && slices->empty())
    co_return Error(ErrorCode::corrupt, "the store has no bytes of " +
                                            live.record().id.to_string() + " at offset " +
                                            std::to_string(from));
  co_return slices;
}

async::Awaitable<Result<logs::Offset>> LogReader::find_last_lines(HubLogPtr log, logs::Offset end,
                                                                  std::uint64_t lines) {
  if (lines == 0) co_return end;
  // The line feed that ends the last line separates nothing.
  std::uint64_t line_feeds_left = lines;
  logs::Offset window_end = end;
  bool is_last_byte = true;
  while (window_end > 0) {
    const logs::Offset begin = window_end > kBackwardsWindow ? window_end - kBackwardsWindow : 0;
    std::string window;
    while (begin + window.size() < window_end) {
      const logs::Offset at = begin + window.size();
      const auto slices = co_await read(log, at, window_end - at);
      if (!slices) co_return slices.error();
      if (slices->empty()) co_return deleted_meanwhile(log->live);
      for (const logs::ChunkSlice& slice : *slices) window.append(slice.bytes());
    }
    for (std::size_t i = window.size(); i-- > 0;) {
      const bool is_separator = window[i] == '\n' && !std::exchange(is_last_byte, false);
      is_last_byte = false;
      if (is_separator && --line_feeds_left == 0) co_return begin + i + 1;
    }
    window_end = begin;
  }
  co_return logs::Offset{0};
}

}  // namespace vela::hub
