#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "core/base/clock.hpp"
#include "core/buffer/flush_policy.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/writer_id.hpp"

// What a delivery is told, what it asks its shell to do, and what it comes to.
namespace vela::uplink {

struct DeliveryOptions {
  buffer::Method method = buffer::Method::automatic;
  // Between two appends, instead of what the server asks for; for time chunks how long bytes wait.
  std::optional<std::chrono::microseconds> flush_interval;
  // For byte chunks: more than that many leave.
  std::optional<std::size_t> flush_bytes;
  bool end_build = false;
  // What a dead run left: never takes the log over from another run.
  bool is_leftover = false;
  // What may be held where there is no spool file.
  std::size_t window_bytes = 16 * 1024 * 1024;
};

// How the output ended.
struct Ending {
  logs::StepStatus status = logs::StepStatus::success;
  std::optional<int> exit_code;
  std::string reason;           // why the log is not whole; empty when all was read
  logs::ByteCount dropped = 0;  // bytes of output that found no room and are not in the log
};

// One append: PATCH …/logs. Without bytes it is a sign of life that asks where the log stands.
struct Send {
  logs::WriterId writer;
  logs::Offset from = 0;  // [from, to) of what is held
  logs::Offset to = 0;
  bool is_announcement = false;  // carries the step's name and start
  std::optional<logs::WriterId> takeover;
  bool is_forced = false;      // the takeover need not wait until the owner is unheard
  bool wants_durable = false;  // answered when what was sent before it is durable
  std::optional<logs::Seal> seal;
  bool needs_fresh_connection = false;
};
// One stream: POST …/stream, fed by next_upload().
struct OpenStream {
  logs::WriterId writer;
  logs::Offset from = 0;
  bool wants_durable = false;
  bool needs_fresh_connection = false;
};
// One WebSocket: GET …/stream with Upgrade, fed by next_message().
struct OpenSocket {
  logs::WriterId writer;
};
struct EndBuild {};  // POST …/builds/{b}/end
struct Wait {
  base::SteadyTime until;
};
struct Done {};
using Action = std::variant<Wait, Send, OpenStream, OpenSocket, EndBuild, Done>;

// What people may want to hear.
struct Notice {
  bool is_warning = false;  // else for -v only
  std::string text;
};

struct Outcome {
  bool is_sealed = false;   // the server has said that the log has ended
  bool is_whole = false;    // sealed, nothing lost, not contradicted by the server
  bool is_refused = false;  // for good: to send again would be in vain
  logs::Offset length = 0;
  logs::Offset durable = 0;  // the server is known to keep the bytes below
  logs::ByteCount lost = 0;
  logs::ByteCount dropped = 0;
  std::string reason;  // why it is not whole
};

}  // namespace vela::uplink
