#include "core/follow/event_decoder.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/follow/event_json.hpp"
#include "core/logs/wire_frames.hpp"
#include "core/net/event_stream.hpp"

namespace vela::follow {
namespace {

// The log of the last hello is the one that later events mean when they name none.
void note_log(std::optional<logs::LogId>& log, const FollowEvent& event) {
  if (const auto* hello = std::get_if<Hello>(&event)) log = hello->log;
}

class EventStreamDecoder final : public EventDecoder {
 public:
  Result<void> put(std::string_view bytes, EventSink& sink) override {
    const bool is_event_stream = parser_.put(
        bytes, [&](const net::ServerSentEvent& event) { take(event, sink); },
        [&] {
          if (!fault_) sink.on_event(Heartbeat());
        });
    if (fault_) return *fault_;
    if (!is_event_stream)
      return Error(ErrorCode::invalid, "the server sent something that is no event stream");
    return {};
  }

 private:
  void take(const net::ServerSentEvent& event, EventSink& sink) {
    if (fault_) return;
    if (event.event == "log") {
      take_output(event, sink);
      return;
    }
    const auto parsed = parse_event(event.event, event.data, log_);
    if (!parsed) {
      fault_ = parsed.error();
    } else if (*parsed) {
      note_log(log_, **parsed);
      sink.on_event(**parsed);
    }
  }

  void take_output(const net::ServerSentEvent& event, EventSink& sink) {
    auto parsed = parse_log_event(event.id, event.data, log_);
    if (!parsed) {
      fault_ = parsed.error();
      return;
    }
    parsed->output.bytes = parsed->text;
    sink.on_event(std::move(parsed->output));
  }

  net::EventStreamParser parser_;
  std::optional<logs::LogId> log_;
  std::optional<Error> fault_;
};

class FramesDecoder final : public EventDecoder, private logs::FrameSink {
 public:
  Result<void> put(std::string_view bytes, EventSink& sink) override {
    sink_ = &sink;
    const auto decoded = frames_.put(bytes, *this);
    if (fault_) return *fault_;
    return decoded;
  }

 private:
  void on_output(base::WallTime time, logs::Stream stream, std::string_view bytes) override {
    if (fault_) return;
    if (!log_) {
      fault_ = Error(ErrorCode::invalid, "the server sent output before its hello");
      return;
    }
    Output output;
    output.log = *log_;
    output.offset = next_.offset;
    next_.offset += bytes.size();
    output.next = next_;
    output.time = time;
    output.stream = stream;
    output.bytes = bytes;
    sink_->on_event(output);
  }

  void on_event(std::string_view json) override {
    if (fault_) return;
    const auto parsed = parse_framed_event(json, log_);
    if (!parsed) {
      fault_ = parsed.error();
    } else if (*parsed) {
      note_log(log_, **parsed);
      note_place(**parsed);
      sink_->on_event(**parsed);
    }
  }

  void note_place(const FollowEvent& event) {
    if (const auto* hello = std::get_if<Hello>(&event)) next_ = hello->cursor;
    // A reader that stands below the cut is not moved by it.
    if (const auto* reset = std::get_if<Reset>(&event))
      next_ = {reset->next.generation, std::min(reset->next.offset, next_.offset)};
  }

  logs::FrameDecoder frames_;
  EventSink* sink_ = nullptr;  // while put() runs
  std::optional<logs::LogId> log_;
  logs::Cursor next_;
  std::optional<Error> fault_;
};

}  // namespace

std::unique_ptr<EventDecoder> make_event_stream_decoder() {
  return std::make_unique<EventStreamDecoder>();
}

std::unique_ptr<EventDecoder> make_frames_decoder() { return std::make_unique<FramesDecoder>(); }

}  // namespace vela::follow
