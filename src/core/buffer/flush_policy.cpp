#include "core/buffer/flush_policy.hpp"

#include <array>

#include "core/base/assert.hpp"

namespace vela::buffer {
namespace {

using std::chrono_literals::operator""us;

constexpr std::array kMethods{
    //        method             name      max_bytes  interval  takes_server_interval
    MethodRow{Method::automatic, "auto", 1, 0us, true},
    MethodRow{Method::stream, "stream", 1, 0us, false},
    MethodRow{Method::append, "append", 1, 0us, true},
};

}  // namespace

std::optional<base::SteadyTime> FlushPolicy::due(const Pending& pending,
                                                 base::SteadyTime now) const {
  if (pending.bytes == 0) return std::nullopt;
  if (pending.is_wanted_now || pending.bytes >= max_bytes_) return now;
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

std::string_view method_names() { return "auto, stream, append"; }

}  // namespace vela::buffer
