#pragma once

#include <functional>
#include <string>
#include <string_view>

// Server-Sent Events, https://html.spec.whatwg.org/multipage/server-sent-events.html
namespace vela::net {

struct ServerSentEvent {
  std::string id;     // "" when the event carries none: the last one stays
  std::string event;  // "" means "message"
  std::string data;
};

// Appends the event, ended by the empty line. `data` may hold newlines.
void put_event(std::string& out, std::string_view id, std::string_view event,
               std::string_view data);

// Reads a stream of events however it is cut.
class EventStreamParser {
 public:
  // Calls `on_event` for each whole event and `on_comment` for each comment line (a heartbeat), in
  // order. False when a line is longer than 16 MiB: the stream is not one of ours.
  [[nodiscard]] bool put(std::string_view bytes,
                         const std::function<void(const ServerSentEvent&)>& on_event,
                         const std::function<void()>& on_comment);

  // As the last "retry:" said, milliseconds; -1 when none came.
  [[nodiscard]] int retry_ms() const { return retry_ms_; }

 private:
  void take_line(std::string_view line, const std::function<void(const ServerSentEvent&)>& on_event,
                 const std::function<void()>& on_comment);

  std::string line_;
  ServerSentEvent event_;
  bool has_data_ = false;
  bool skip_lf_ = false;
  int retry_ms_ = -1;
};

}  // namespace vela::net
