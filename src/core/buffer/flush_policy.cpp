#include "core/buffer/flush_policy.hpp"

#include <array>
#include <limits>

#include "core/base/assert.hpp"

namespace vela::buffer {
namespace {

using std::chrono_literals::operator""s;
using std::chrono_literals::operator""us;

constexpr auto kNoLimit = std::numeric_limits<std::size_t>::max();

// What Vela had before its proposal of 2021, and that proposal's option 1, are as it describes
// them: byte chunks when more than 1000 are there, time chunks every second.
constexpr std::array kMethods{
    // method, name, transport, max_bytes, interval, takes_server_interval
    MethodRow{Method::automatic, "auto", Transport::automatic, 1, 0us, true},
    MethodRow{Method::stream, "stream", Transport::stream, 1, 0us, false},
    MethodRow{Method::websocket, "websocket", Transport::websocket, 1, 0us, true},
    MethodRow{Method::append, "append", Transport::append, 1, 0us, true},
    MethodRow{Method::time_chunks, "time-chunks", Transport::append, kNoLimit, 1s, false},
    MethodRow{Method::byte_chunks, "byte-chunks", Transport::append, 1001, FlushPolicy::kNever,
              false},
};

}  // namespace

std::optional<base::SteadyTime> FlushPolicy::due(const Pending& pending,
                                                 base::SteadyTime now) const {
  if (pending.bytes == 0) return std::nullopt;
  if (pending.is_wanted_now || pending.bytes >= max_bytes_) return now;
  if (interval_ == kNever) return std::nullopt;
  return pending.since + interval_;
}

const MethodRow& row_of(Method method) {
  for (const MethodRow& row : kMethods)
    if (row.method == method) return row;
  VELA_ASSERT(false);
}

std::optional<Method> parse_method(std::string_view name) {
  for (const MethodRow& row : kMethods)
    if (row.name == name) return row.method;
  return std::nullopt;
}

std::string_view method_names() {
  return "auto, stream, websocket, append, time-chunks, byte-chunks";
}

}  // namespace vela::buffer
