// What a server, or a proxy in its place, sends to tail: event streams and framed bodies.
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/follow/event_decoder.hpp"
#include "core/net/event_stream.hpp"

#include "fuzz/fuzz_target.hpp"

namespace vela::fuzz {
namespace {

using std::to_string;

// Says everything that an event holds, so that two can be compared.
struct Describe {
  std::string operator()(const follow::Hello& hello) const {
    return "hello " + hello.log.to_string() + " " + hello.cursor.to_string() + " " +
           to_string(hello.offset) + " " + std::string(logs::to_string(hello.state)) + " " +
           (hello.started ? to_string(base::to_unix_micros(*hello.started)) : "-") + " " +
           hello.name;
  }
  std::string operator()(const follow::Output& output) const {
    return "output " + output.log.to_string() + " " + to_string(output.next.generation) + " " +
           to_string(base::to_unix_micros(output.time)) + " " +
           std::string(logs::to_string(output.stream));
  }
  std::string operator()(const follow::StateChange& change) const {
    return "state " + change.log.to_string() + " " + std::string(logs::to_string(change.state)) +
           " " + to_string(change.silent.count()) + " " +
           (change.writer_seen ? to_string(change.writer_seen->count()) : "-");
  }
  std::string operator()(const follow::Reset& reset) const {
    return "reset " + reset.log.to_string() + " " + reset.next.to_string();
  }
  std::string operator()(const follow::End& end) const {
    return "end " + end.log.to_string() + " " + to_string(end.length) + " " + end.sha256 + " " +
           std::string(logs::to_string(end.status)) + " " +
           (end.exit_code ? to_string(*end.exit_code) : "-") + " " +
           (end.complete ? to_string(static_cast<int>(*end.complete)) : "-") + " " + end.reason;
  }
  std::string operator()(const follow::BuildHello& build) const {
    std::string text = "build";
    for (const follow::Hello& hello : build.logs) text += "\n" + (*this)(hello);
    return text;
  }
  std::string operator()(const follow::BuildEnd& /*end*/) const { return "build-end"; }
  std::string operator()(const follow::Heartbeat& /*beat*/) const { return "heartbeat"; }
};

// Events in order; pieces of one frame of output are joined, as the cuts of the body make them.
class Collector final : public follow::EventSink {
 public:
  explicit Collector(bool joins_output) : joins_output_(joins_output) {}

  void on_event(const follow::FollowEvent& event) override {
    std::string head = std::visit(Describe(), event);
    const auto* output = std::get_if<follow::Output>(&event);
    const bool goes_on = joins_output_ && output != nullptr && !events.empty() &&
                         head == last_head_ && output->offset == last_offset_;
    if (!goes_on) events.push_back(head);
    last_head_ = std::move(head);
    if (output == nullptr) return;
    if (!goes_on) events.back() += " at " + to_string(output->offset) + ": ";
    events.back() += output->bytes;
    last_offset_ = output->next.offset;
  }

  std::vector<std::string> events;

 private:
  const bool joins_output_;
  std::string last_head_;
  logs::Offset last_offset_ = 0;
};

struct Decoded {
  std::vector<std::string> events;
  bool is_good = true;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode(std::unique_ptr<follow::EventDecoder> decoder, bool joins_output,
               const Pieces& pieces) {
  Collector collector(joins_output);
  Decoded decoded;
  for (const std::string_view piece : pieces) {
    decoded.is_good = decoder->put(piece, collector).has_value();
    if (!decoded.is_good) break;
  }
  decoded.events = std::move(collector.events);
  return decoded;
}

std::string with_line_feeds(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && text.substr(i, 2) == "\r\n") continue;
    result += text[i] == '\r' ? '\n' : text[i];
  }
  return result;
}

// Any data survives being put into an event; its line ends become line feeds.
void check_round_trip(std::string_view data) {
  std::string stream;
  net::put_event(stream, "1-2", "log", data);
  std::vector<net::ServerSentEvent> events;
  net::EventStreamParser parser;
  const bool is_good = parser.put(
      stream, [&events](const net::ServerSentEvent& event) { events.push_back(event); }, [] {});
  VELA_ASSERT(is_good && events.size() == 1);
  VELA_ASSERT(events[0].id == "1-2" && events[0].event == "log");
  VELA_ASSERT(events[0].data == with_line_feeds(data));
}

}  // namespace

void check(std::string_view input) {
  const std::vector<Pieces> ways = ways_to_cut(input);
  const Decoded text = decode(follow::make_event_stream_decoder(), false, ways.front());
  const Decoded frames = decode(follow::make_frames_decoder(), true, ways.front());
  for (const Pieces& pieces : ways) {
    VELA_ASSERT(decode(follow::make_event_stream_decoder(), false, pieces) == text);
    VELA_ASSERT(decode(follow::make_frames_decoder(), true, pieces) == frames);
  }
  check_round_trip(input);
}

}  // namespace vela::fuzz
