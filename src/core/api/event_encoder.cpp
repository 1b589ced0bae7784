#include "core/api/event_encoder.hpp"

#include <cstdint>
#include <utility>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <spdlog/fmt/fmt.h>

#include "core/net/event_stream.hpp"
#include "core/text/utf8.hpp"

namespace vela::api {

OutputEvents::OutputEvents(const logs::LogId& log)
    : log_json_(boost::json::serialize(boost::json::string(log.to_string()))) {}

void OutputEvents::add(std::vector<Event>& events, const logs::TimeMark& mark,
                       std::string_view text) const {
  const std::int64_t micros = base::to_unix_micros(mark.time);
  const std::string valid = text::to_valid_utf8(text);
  // Milliseconds with their fraction: boost::json would write a double in scientific notation.
  std::string line =
      fmt::format(R"({{"log":{},"offset":{},"time":{}.{:03},"stream":"{}","text":{}}})", log_json_,
                  mark.offset, micros / 1000, micros < 0 ? 0 : micros % 1000,
                  logs::to_string(mark.stream), boost::json::serialize(boost::json::string(valid)));
  events.push_back({mark.offset + text.size(), std::move(line)});
}

std::vector<OutputEvents::Event> OutputEvents::put(const std::vector<logs::ChunkSlice>& slices) {
  std::vector<Event> events;
  std::string joined;
  for (const logs::ChunkSlice& slice : slices) {
    for (const logs::MarkedRun& run : logs::marked_runs(slice)) {
      logs::TimeMark mark = run.mark;
      std::string_view text = run.bytes;
      // A character may be cut between two reads of one stream, not between two streams.
      if (!held_.empty() && held_mark_.stream != mark.stream)
        add(events, held_mark_, std::exchange(held_, {}));
      if (!held_.empty()) {
        joined = std::exchange(held_, {});
        joined.append(text);
        text = joined;
        mark.offset = held_mark_.offset;
      }
      const std::size_t whole = text.size() - text::unfinished_tail(text);
      if (whole != 0) add(events, mark, text.substr(0, whole));
      held_ = text.substr(whole);
      held_mark_ = mark;
      held_mark_.offset += whole;
    }
  }
  return events;
}

std::vector<OutputEvents::Event> OutputEvents::finish() {
  std::vector<Event> events;
  if (!held_.empty()) add(events, held_mark_, std::exchange(held_, {}));
  return events;
}

namespace {

class SseEncoder final : public EventEncoder {
 public:
  SseEncoder(const logs::LogId& log, EventIdFormat format_id)
      : output_(log), format_id_(std::move(format_id)) {}

  void put_event(std::string& out, std::string_view name, std::string_view id,
                 const boost::json::object& data) override {
    net::put_event(out, id.empty() ? std::string() : format_id_(id), name,
                   boost::json::serialize(data));
  }

  void put_output(std::string& out, std::uint64_t generation,
                  const std::vector<logs::ChunkSlice>& slices) override {
    write(out, generation, output_.put(slices));
  }

  void finish_output(std::string& out, std::uint64_t generation) override {
    write(out, generation, output_.finish());
  }

  void reset_output() override { output_.reset(); }

  void put_heartbeat(std::string& out) override { out += kSseHeartbeat; }

 private:
  void write(std::string& out, std::uint64_t generation,
             const std::vector<OutputEvents::Event>& events) const {
    for (const OutputEvents::Event& event : events) {
      const std::string id = logs::Cursor{generation, event.end}.to_string();
      net::put_event(out, format_id_(id), "log", event.json);
    }
  }

  OutputEvents output_;
  EventIdFormat format_id_;
};

class FramesEncoder final : public EventEncoder {
 public:
  void put_event(std::string& out, std::string_view name, std::string_view /*id*/,
                 const boost::json::object& data) override {
    boost::json::object event;
    event["event"] = name;
    event["data"] = data;
    frames_.put_event(out, boost::json::serialize(event));
  }

  void put_output(std::string& out, std::uint64_t /*generation*/,
                  const std::vector<logs::ChunkSlice>& slices) override {
    for (const logs::ChunkSlice& slice : slices) frames_.put_slice(out, slice);
  }

  void finish_output(std::string& /*out*/, std::uint64_t /*generation*/) override {}
  void reset_output() override {}

  void put_heartbeat(std::string& out) override { put_event(out, "heartbeat", "", {}); }

 private:
  logs::FrameEncoder frames_;
};

}  // namespace

std::unique_ptr<EventEncoder> make_sse_encoder(const logs::LogId& log, EventIdFormat format_id) {
  return std::make_unique<SseEncoder>(log, std::move(format_id));
}

std::unique_ptr<EventEncoder> make_frames_encoder() { return std::make_unique<FramesEncoder>(); }

}  // namespace vela::api
