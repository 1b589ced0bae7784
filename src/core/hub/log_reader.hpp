#pragma once

#include <cstdint>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "core/async/awaitable.hpp"
#include "core/base/error.hpp"
#include "core/hub/hub_log.hpp"
#include "core/store/log_store.hpp"

namespace vela::hub {

// Reads a log as one sequence, wherever its bytes are: memory first, the store when the reader is
// behind.
//
// Executor: one thread; the store is reached through `pool`.
// Errors:   unavailable, corrupt: bytes that should be there are not. A reader never goes past
//           them. not_found: the log was deleted while it was read.
class LogReader {
 public:
  LogReader(boost::asio::thread_pool& pool, store::LogStore& store) : pool_(pool), store_(store) {}

  // Up to `max_bytes` from `from` on; empty only at or beyond the end of what was received.
  [[nodiscard]] async::Awaitable<Result<std::vector<logs::ChunkSlice>>> read(HubLogPtr log,
                                                                             logs::Offset from,
                                                                             std::size_t max_bytes);

  // Where the last `lines` lines of [0, end) begin; an unfinished last line counts as one.
  [[nodiscard]] async::Awaitable<Result<logs::Offset>> find_last_lines(HubLogPtr log,
                                                                       logs::Offset end,
                                                                       std::uint64_t lines);

 private:
  boost::asio::thread_pool& pool_;
  store::LogStore& store_;
};

}  // namespace vela::hub
