#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/clock.hpp"
#include "core/logs/chunk.hpp"
#include "core/logs/log_id.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/offset.hpp"

// What a server says to a reader, whichever form it came in.
namespace vela::follow {

// Where a log stands when reading begins.
struct Hello {
  logs::LogId log;
  logs::Cursor cursor;      // where the bytes that follow begin
  logs::Offset offset = 0;  // what the server has received
  logs::LogState state = logs::LogState::pending;
  std::string name;  // "" when the writer gave none
  std::optional<base::WallTime> started;
  // As in StateChange.
  std::chrono::milliseconds silent{0};
  std::optional<std::chrono::milliseconds> writer_seen;
};

struct Output {
  logs::LogId log;
  logs::Offset offset = 0;  // of the first byte
  logs::Cursor next;        // the next byte to ask for; never to be computed from `bytes`
  base::WallTime time;
  logs::Stream stream = logs::Stream::unknown;
  std::string_view bytes;  // lives for the call
};

struct StateChange {
  logs::LogId log;
  logs::LogState state = logs::LogState::running;
  std::chrono::milliseconds silent{0};                   // since the last byte
  std::optional<std::chrono::milliseconds> writer_seen;  // since the writer was heard
};

// What lies beyond `next.offset` is void; reading goes on there.
struct Reset {
  logs::LogId log;
  logs::Cursor next;
};

struct End {
  logs::LogId log;
  logs::Offset length = 0;
  std::string sha256;
  logs::StepStatus status = logs::StepStatus::success;
  std::optional<int> exit_code;
  std::optional<bool> complete;  // nothing: nobody vouches for it either way
  std::string reason;            // why it is not complete
};

// The logs that a build has when reading begins; later ones come with a Hello each.
struct BuildHello {
  std::vector<Hello> logs;
};

struct BuildEnd {};

struct Heartbeat {};

using FollowEvent =
    std::variant<Hello, Output, StateChange, Reset, End, BuildHello, BuildEnd, Heartbeat>;

// Takes events in order.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const FollowEvent& event) = 0;
};

}  // namespace vela::follow
