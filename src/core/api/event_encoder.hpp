#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "core/logs/chunk.hpp"
#include "core/logs/log_id.hpp"
#include "core/logs/wire_frames.hpp"

namespace vela::api {

// Cuts the output of one log into events of whole characters, however the bytes come.
//
// An unfinished UTF-8 sequence at the end is held back for the bytes that follow it on the same
// stream; what is not valid becomes U+FFFD.
class OutputEvents {
 public:
  explicit OutputEvents(const logs::LogId& log);

  struct Event {
    logs::Offset end = 0;  // the next byte to ask for
    std::string json;      // {"log":…,"offset":…,"time":…,"stream":…,"text":…}
  };

  [[nodiscard]] std::vector<Event> put(const std::vector<logs::ChunkSlice>& slices);
  // What is held back, as it is: the log has ended.
  [[nodiscard]] std::vector<Event> finish();
  // Forgets what is held back: the bytes that follow are others.
  void reset() { held_.clear(); }

 private:
  void add(std::vector<Event>& events, const logs::TimeMark& mark, std::string_view text) const;

  std::string log_json_;  // the log's name as it stands in each event
  std::string held_;      // at most 3 bytes
  logs::TimeMark held_mark_;
};

// How an open stream of events of one log is written: as Server-Sent Events or as frames.
class EventEncoder {
 public:
  virtual ~EventEncoder() = default;
  // Each appends to `out`. `id`: the cursor after the event, "" for none.
  virtual void put_event(std::string& out, std::string_view name, std::string_view id,
                         const boost::json::object& data) = 0;
  virtual void put_output(std::string& out, std::uint64_t generation,
                          const std::vector<logs::ChunkSlice>& slices) = 0;
  // What was held back at the end of the log.
  virtual void finish_output(std::string& out, std::uint64_t generation) = 0;
  virtual void reset_output() = 0;
  virtual void put_heartbeat(std::string& out) = 0;
};

// The id of an event in the stream that it stands in, made of the log's own: itself in the stream
// of one log, a list in that of a build.
using EventIdFormat = std::function<std::string(std::string_view id)>;

[[nodiscard]] std::unique_ptr<EventEncoder> make_sse_encoder(const logs::LogId& log,
                                                             EventIdFormat format_id);
[[nodiscard]] std::unique_ptr<EventEncoder> make_frames_encoder();

// What every stream of Server-Sent Events begins with: how soon to reconnect.
inline constexpr std::string_view kSsePreamble = "retry: 500\n\n";
inline constexpr std::string_view kSseHeartbeat = ": hb\n\n";
inline constexpr std::string_view kSseContentType = "text/event-stream";

}  // namespace vela::api
