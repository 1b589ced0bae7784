#pragma once

#include <memory>
#include <string_view>

#include "core/base/error.hpp"
#include "core/follow/follow_event.hpp"

namespace vela::follow {

// Reads the body of one answer of `/events`, however it is cut.
class EventDecoder {
 public:
  virtual ~EventDecoder() = default;
  // Hands what `bytes` completes to `sink`. Errors: invalid, when the body is not what its type
  // promises; what came before has been handed on, and the decoder is of no further use.
  [[nodiscard]] virtual Result<void> put(std::string_view bytes, EventSink& sink) = 0;
};

// text/event-stream: text as UTF-8, invalid bytes already replaced; one log or a build.
[[nodiscard]] std::unique_ptr<EventDecoder> make_event_stream_decoder();

// application/vnd.vela-logs.frames: byte-exact; one log. The place of the bytes follows from the
// hello's cursor and their number.
[[nodiscard]] std::unique_ptr<EventDecoder> make_frames_decoder();

}  // namespace vela::follow
