#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "core/base/clock.hpp"

namespace vela::buffer {

// What stands in a buffer and has not been passed on.
struct Pending {
  std::size_t bytes = 0;
  base::SteadyTime since;      // when the first of them came
  bool is_wanted_now = false;  // somebody waits for them, or nothing follows them
};

// When buffered bytes are passed on: the one rule that worker, server and tail share.
//
// Bytes are due at once when somebody waits for them, or when there are at least `max_bytes` of
// them; else `interval` after the first of them came, which kNever puts off for good. No bytes are
// never due.
class FlushPolicy {
 public:
  static constexpr std::chrono::microseconds kNever = std::chrono::microseconds::max();

  FlushPolicy(std::chrono::microseconds interval, std::size_t max_bytes)
      : interval_(interval), max_bytes_(max_bytes) {}

  // Nothing when there is nothing to pass on; a time in the past or `now` means at once.
  [[nodiscard]] std::optional<base::SteadyTime> due(const Pending& pending,
                                                    base::SteadyTime now) const;

 private:
  std::chrono::microseconds interval_;
  std::size_t max_bytes_;
};

// How a worker sends; one row of the table in flush_policy.cpp each.
enum class Method { automatic, stream, websocket, append, time_chunks, byte_chunks };

// What carries the bytes: short appends, one stream after another, a WebSocket where the path lets
// one pass, or appends until the path is shown to carry streams.
enum class Transport { append, stream, websocket, automatic };

struct MethodRow {
  Method method;
  std::string_view name;  // as --method takes it
  Transport transport;
  std::size_t max_bytes;               // due at once from here on
  std::chrono::microseconds interval;  // else this long after the first byte
  bool takes_server_interval;          // the server's interval_ms may stretch the pause between two
};

[[nodiscard]] const MethodRow& row_of(Method method);
// Nothing when no method has that name.
[[nodiscard]] std::optional<Method> parse_method(std::string_view name);
// "auto, stream, websocket, …", for messages.
[[nodiscard]] std::string_view method_names();

}  // namespace vela::buffer
