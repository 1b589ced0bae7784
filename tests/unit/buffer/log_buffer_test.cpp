#include "core/buffer/log_buffer.hpp"

#include <string>

#include <doctest/doctest.h>

#include "core/buffer/flush_policy.hpp"

using namespace std::chrono_literals;
using namespace vela;
using buffer::LogBuffer;

namespace {

std::string text_of(const LogBuffer& buffer, logs::Offset from, std::size_t most) {
  std::string text;
  for (const logs::ChunkSlice& slice : buffer.slices(from, most)) text += slice.bytes();
  return text;
}

LogBuffer three_pieces() {
  LogBuffer buffer;
  buffer.append("one ", base::from_unix_micros(1), logs::Stream::out);
  buffer.append("two ", base::from_unix_micros(2), logs::Stream::err);
  buffer.append("three", base::from_unix_micros(3), logs::Stream::out);
  return buffer;
}

}  // namespace

TEST_CASE("any window of what was appended can be read") {
  const LogBuffer buffer = three_pieces();
  const std::string whole = "one two three";
  for (std::size_t from = 0; from <= whole.size(); ++from)
    for (std::size_t most = 0; most <= whole.size(); ++most)
      CHECK(text_of(buffer, from, most) == whole.substr(from, most));
  CHECK(text_of(buffer, 1, std::string::npos) == whole.substr(1));
}

TEST_CASE("what is freed is gone, the rest stays where it was") {
  LogBuffer buffer = three_pieces();
  buffer.free_until(5);
  CHECK(buffer.begin() == 5);
  CHECK(text_of(buffer, 5, 100) == "wo three");
  buffer.free_until(2);
  CHECK(buffer.begin() == 5);
  buffer.free_until(1000);
  CHECK(buffer.is_empty());
  CHECK(buffer.begin() == 13);
  CHECK(buffer.cost() == 0);
}

TEST_CASE("a slice lives longer than its buffer") {
  std::vector<logs::ChunkSlice> slices;
  {
    LogBuffer buffer = three_pieces();
    slices = buffer.slices(4, 4);
    buffer.free_until(13);
  }
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].bytes() == "two ");
  CHECK(slices[0].marks().front().stream == logs::Stream::err);
}

TEST_CASE("a rebased buffer holds the marker and the same bytes with their marks elsewhere") {
  LogBuffer buffer = three_pieces();
  buffer.free_until(4);
  buffer.rebase(100, "[lost]\n", base::from_unix_micros(9));
  CHECK(buffer.begin() == 100);
  CHECK(buffer.end() == 100 + 7 + 9);
  CHECK(text_of(buffer, 100, 100) == "[lost]\ntwo three");
  const auto slices = buffer.slices(107, 4);
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].marks() ==
        std::vector<logs::TimeMark>{{107, base::from_unix_micros(2), logs::Stream::err}});
}

TEST_CASE("bytes are due when there are enough, when they have waited, or when somebody waits") {
  const buffer::FlushPolicy policy(1s, 1000);
  const base::SteadyTime now{100s};
  const base::SteadyTime since{99s + 500ms};
  CHECK_FALSE(policy.due({0, since, true}, now).has_value());
  CHECK(policy.due({1, since, false}, now) == since + 1s);
  CHECK(policy.due({1000, since, false}, now) == now);
  CHECK(policy.due({1, since, true}, now) == now);
}

TEST_CASE("without an interval bytes wait for more, or for somebody who wants them") {
  const buffer::FlushPolicy policy(buffer::FlushPolicy::kNever, 1001);
  const base::SteadyTime now{100s};
  CHECK_FALSE(policy.due({1000, base::SteadyTime{0s}, false}, now).has_value());
  CHECK(policy.due({1001, now, false}, now) == now);
  CHECK(policy.due({1, now, true}, now) == now);
}

TEST_CASE("each method is a row of the table and is found by its name") {
  for (const auto method :
       {buffer::Method::automatic, buffer::Method::stream, buffer::Method::append,
        buffer::Method::time_chunks, buffer::Method::byte_chunks}) {
    const buffer::MethodRow& row = buffer::row_of(method);
    CHECK(buffer::parse_method(row.name) == method);
    CHECK(buffer::method_names().find(row.name) != std::string_view::npos);
  }
  CHECK_FALSE(buffer::parse_method("carrier-pigeon").has_value());
}
