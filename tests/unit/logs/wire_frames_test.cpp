#include "core/logs/wire_frames.hpp"

#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "core/base/encoding.hpp"

using namespace vela;
using namespace vela::logs;

namespace {

// Everything a body holds, output of one time and stream joined.
class Collector final : public FrameSink {
 public:
  void on_output(base::WallTime time, Stream stream, std::string_view bytes) override {
    const std::string head =
        std::to_string(base::to_unix_micros(time)) + " " + std::string(to_string(stream)) + ":";
    if (parts.empty() || !parts.back().starts_with(head)) parts.push_back(head);
    parts.back() += bytes;
  }
  void on_event(std::string_view json) override { parts.push_back("event " + std::string(json)); }
  std::vector<std::string> parts;
};

std::vector<std::string> decode(std::string_view body, std::size_t cut) {
  Collector collector;
  FrameDecoder decoder;
  REQUIRE(decoder.put(body.substr(0, cut), collector).has_value());
  REQUIRE(decoder.put(body.substr(cut), collector).has_value());
  CHECK(decoder.is_at_boundary());
  return collector.parts;
}

std::string fault_of(const std::string& hex) {
  Collector collector;
  FrameDecoder decoder;
  const auto taken = decoder.put(base::from_hex(hex).value(), collector);
  return taken ? std::string() : taken.error().text();
}

// The bytes of the first block in docs/protocol.md behind the line that begins with `mark`: in each of
// its lines hex numbers, then two spaces and what they mean.
std::string documented_bytes(std::string_view mark) {
  std::ifstream file(std::string(VELA_SOURCE_DIR) + "/docs/protocol.md");
  std::string line;
  while (std::getline(file, line) && !line.starts_with(mark)) continue;
  while (std::getline(file, line) && line != "```") continue;
  std::string hex;
  while (std::getline(file, line) && line != "```") hex += line.substr(0, line.find("  "));
  std::erase(hex, ' ');
  return base::from_hex(hex).value();
}

}  // namespace

TEST_CASE("the example of docs/protocol.md decodes to what it says, and encodes back") {
  const std::string body = documented_bytes("`hi\\n` on stdout");
  CHECK(base::to_hex(body) ==
        "01"
        "01c0843d0103"
        "68690a"
        "01020201"
        "21");
  const std::vector<std::string> frames{"1000000 stdout:hi\n", "1000001 stderr:!"};
  for (std::size_t cut = 0; cut <= body.size(); ++cut) CHECK(decode(body, cut) == frames);

  std::string back;
  FrameEncoder encoder;
  encoder.put_output(back, base::from_unix_micros(1'000'000), Stream::out, "hi\n");
  encoder.put_output(back, base::from_unix_micros(1'000'001), Stream::err, "!");
  CHECK(back == body);
}

TEST_CASE("a reading body begins with an event at time 0, as docs/protocol.md shows") {
  std::string body;
  FrameEncoder encoder;
  encoder.put_event(body, "{}");
  encoder.put_output(body, base::from_unix_micros(1'000'000), Stream::out, "hi\n");
  CHECK(base::to_hex(body) ==
        "01"
        "02000002"
        "7b7d"
        "0180897a0103"
        "68690a");
}

TEST_CASE("the bytes of a body are those of docs/protocol.md") {
  std::string body;
  FrameEncoder encoder;
  encoder.put_output(body, base::from_unix_micros(1'000'000), Stream::out, "hi\n");
  encoder.put_output(body, base::from_unix_micros(1'000'001), Stream::err, "!");
  encoder.put_output(body, base::from_unix_micros(999'999), Stream::unknown, "?");
  encoder.put_event(body, "{}");
  CHECK(base::to_hex(body) ==
        "01"            // format version
        "01c0843d0103"  // output, time 1000000, stdout, 3 bytes
        "68690a"
        "01020201"  // output, 1 microsecond later, stderr, 1 byte
        "21"
        "01030001"  // output, 2 microseconds earlier, unknown, 1 byte
        "3f"
        "02000002"  // event, the same time, 2 bytes
        "7b7d");
}

TEST_CASE("a body reads the same however it is cut") {
  std::string body;
  FrameEncoder encoder;
  encoder.put_output(body, base::from_unix_micros(1'700'000'000'123'456), Stream::out, "hello\n");
  encoder.put_output(body, base::from_unix_micros(-5), Stream::err, std::string("\0\xff", 2));
  encoder.put_event(body, R"({"event":"hello"})");
  encoder.put_output(body, base::from_unix_micros(7), Stream::unknown, std::string(300, 'x'));
  const auto whole = decode(body, 0);
  REQUIRE(whole.size() == 4);
  CHECK(whole[0] == "1700000000123456 stdout:hello\n");
  for (std::size_t cut = 1; cut <= body.size(); ++cut) CHECK(decode(body, cut) == whole);
}

TEST_CASE("output longer than a frame is cut into frames") {
  std::string body;
  FrameEncoder encoder;
  const std::string bytes(200'000, 'y');
  encoder.put_output(body, base::from_unix_micros(1), Stream::out, bytes);
  const auto parts = decode(body, 70'000);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0] == "1 stdout:" + bytes);
}

TEST_CASE("a bad body is refused with what is wrong") {
  CHECK(fault_of("02").find("version") != std::string::npos);
  CHECK(fault_of("0103").find("kind") != std::string::npos);
  CHECK(fault_of("01010103").find("stream") != std::string::npos);
  CHECK(fault_of("0101ffffffffffffffffff7f").find("64 bits") != std::string::npos);
  CHECK(fault_of("010101018180"
                 "04")
            .find("64 KiB") != std::string::npos);
}

TEST_CASE("a body that ends within a frame is not at a boundary") {
  Collector collector;
  FrameDecoder decoder;
  CHECK(decoder.is_at_boundary());
  REQUIRE(decoder.put(base::from_hex("01010101056869").value(), collector).has_value());
  CHECK_FALSE(decoder.is_at_boundary());
  CHECK(collector.parts == std::vector<std::string>{"1 stdout:hi"});
}

TEST_CASE("a chunk goes into a body and comes back") {
  const Chunk chunk{100,
                    "outerr",
                    {{100, base::from_unix_micros(5), Stream::out},
                     {103, base::from_unix_micros(9), Stream::err}}};
  const ChunkSlice slice{std::make_shared<const Chunk>(chunk), 101, 106};
  const auto back = decode_chunk(101, encode_body({slice}));
  REQUIRE(back.has_value());
  CHECK(back->begin == 101);
  CHECK(back->bytes == "uterr");
  CHECK(back->marks == slice.marks());
}

TEST_CASE("what is no whole output is corrupt") {
  for (const char* hex : {"", "01", "010101010568", "01020000027b7d", "ff"}) {
    CAPTURE(hex);
    const auto chunk = decode_chunk(0, base::from_hex(hex).value());
    REQUIRE_FALSE(chunk.has_value());
    CHECK(chunk.error().code() == ErrorCode::corrupt);
  }
}
