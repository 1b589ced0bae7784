#include "core/follow/event_decoder.hpp"

#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include "core/follow/target.hpp"
#include "core/follow/time_stamp.hpp"
#include "core/logs/wire_frames.hpp"

using namespace vela;
using namespace vela::follow;

namespace {

class Collector final : public EventSink {
 public:
  void on_event(const FollowEvent& event) override {
    kinds += std::to_string(event.index());
    if (const auto* output = std::get_if<Output>(&event)) {
      bytes += output->bytes;
      next = output->next;
    }
    if (const auto* end = std::get_if<End>(&event)) exit_code = end->exit_code;
  }
  std::string kinds;
  std::string bytes;
  logs::Cursor next;
  std::optional<int> exit_code;
};

const std::string kHello =
    R"({"log":"octocat/hello/42/steps/1","cursor":"1-4","offset":9,"state":"running","name":"x","started":5})";
const std::string kEnd =
    R"({"log":"octocat/hello/42/steps/1","length":9,"sha256":"a","verified":true,)"
    R"("status":"failure","exit_code":3,"complete":true,"reason":null})";

}  // namespace

TEST_CASE("a stream of events reads the same however it is cut") {
  const std::string body =
      "retry: 500\n\nevent: hello\ndata: " + kHello +
      "\n\nid: 1-9\nevent: log\ndata: {\"log\":\"octocat/hello/42/steps/1\",\"offset\":4,"
      "\"time\":1700000000123.456,\"stream\":\"stdout\",\"text\":\"caf\\u00e9\"}\n\n: hb\n\n"
      "id: 1-9-end\nevent: end\ndata: " +
      kEnd + "\n\n";
  for (std::size_t cut = 0; cut <= body.size(); ++cut) {
    Collector collector;
    const auto decoder = make_event_stream_decoder();
    REQUIRE(decoder->put(std::string_view(body).substr(0, cut), collector).has_value());
    REQUIRE(decoder->put(std::string_view(body).substr(cut), collector).has_value());
    CHECK(collector.kinds == "0174");
    CHECK(collector.bytes == "caf\xc3\xa9");
    CHECK(collector.next == logs::Cursor{1, 9});
    CHECK(collector.exit_code == 3);
  }
}

TEST_CASE("frames are byte-exact and their place follows from the hello") {
  std::string body;
  logs::FrameEncoder encoder;
  encoder.put_event(body, R"({"event":"hello","data":)" + kHello + "}");
  encoder.put_output(body, base::WallTime(), logs::Stream::out, std::string("\xff\0\n", 3));
  encoder.put_event(
      body,
      R"({"event":"reset","data":{"log":"octocat/hello/42/steps/1","generation":2,"offset":5}})");
  encoder.put_output(body, base::WallTime(), logs::Stream::out, "ab");
  encoder.put_event(body, R"({"event":"end","data":)" + kEnd + "}");
  Collector collector;
  const auto decoder = make_frames_decoder();
  REQUIRE(decoder->put(body, collector).has_value());
  CHECK(collector.kinds == "01314");
  CHECK(collector.bytes == std::string("\xff\0\nab", 5));
  CHECK(collector.next == logs::Cursor{2, 7});
}

TEST_CASE("what is no event of ours is a fault") {
  for (const std::string body : {"event: log\ndata: {\n\n", "event: hello\ndata: {}\n\n",
                                 "event: log\ndata: {\"log\":\"x\",\"offset\":-1}\n\n"}) {
    CAPTURE(body);
    Collector collector;
    const auto decoder = make_event_stream_decoder();
    CHECK_FALSE(decoder->put(body, collector).has_value());
  }
}

TEST_CASE("a target is a build, a log, or a link of Vela's page") {
  const auto name = [](std::string_view text) { return Target::parse(text).value().to_string(); };
  CHECK(name("octocat/hello/42") == "octocat/hello/42");
  CHECK(name("octocat/hello/42/services/2") == "octocat/hello/42/services/2");
  CHECK(name("https://vela.example/octocat/hello/42#step:3:12") == "octocat/hello/42/steps/3");
  CHECK(name("/octocat/hello/42#3:12") == "octocat/hello/42/steps/3");
  CHECK(name("https://vela.example/octocat/hello/42") == "octocat/hello/42");
  for (const char* bad : {"", "octocat", "octocat/hello", "octocat/hello/x"}) {
    CAPTURE(bad);
    const auto target = Target::parse(bad);
    REQUIRE_FALSE(target.has_value());
    CHECK(target.error().text().find("octocat/hello/42") != std::string::npos);
  }
}

TEST_CASE("a line's time is written in every form") {
  LineTimes times;
  times.written = base::from_unix_micros(1'700'000'072'250'000);
  times.shown = base::from_unix_micros(1'700'000'072'250'800);
  times.log_started = base::from_unix_micros(1'700'000'000'000'000);
  times.line_before = base::from_unix_micros(1'700'000'071'000'000);
  CHECK(format_time(TimeForm::iso, times) == "2023-11-14T22:14:32.250Z");
  CHECK(format_time(TimeForm::elapsed, times) == "00:01:12.250");
  CHECK(format_time(TimeForm::delay, times).ends_with("+0.8ms"));
  times.line_before = base::from_unix_micros(1'700'000'072'249'700);
  CHECK(format_time(TimeForm::delta, times).ends_with("+0.3ms"));
}
