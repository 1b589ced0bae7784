#include "core/logs/chunk.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using namespace vela::logs;
using vela::base::WallTime;

namespace {

// "aaabbcccc" at 100: three marks, at 100, 103 and 105.
ChunkPtr make_chunk() {
  Chunk chunk;
  chunk.begin = 100;
  chunk.bytes = "aaabbcccc";
  chunk.marks = {{100, WallTime(1s), Stream::out},
                 {103, WallTime(2s), Stream::err},
                 {105, WallTime(3s), Stream::out}};
  return std::make_shared<const Chunk>(std::move(chunk));
}

}  // namespace

TEST_CASE("the mark that holds at an offset is the last one there or before") {
  const ChunkPtr chunk = make_chunk();
  const auto time_at = [&](Offset at) { return find_mark_at(chunk->marks, at)->time; };
  CHECK(time_at(100) == WallTime(1s));
  CHECK(time_at(102) == WallTime(1s));
  CHECK(time_at(103) == WallTime(2s));
  CHECK(time_at(104) == WallTime(2s));
  CHECK(time_at(105) == WallTime(3s));
  CHECK(time_at(1000) == WallTime(3s));
}

TEST_CASE("a slice is cut where its marks stand") {
  const ChunkSlice slice{make_chunk(), 102, 106};
  const std::vector<MarkedRun> runs = marked_runs(slice);
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].mark == TimeMark{102, WallTime(1s), Stream::out});
  CHECK(runs[0].bytes == "a");
  CHECK(runs[1].mark == TimeMark{103, WallTime(2s), Stream::err});
  CHECK(runs[1].bytes == "bb");
  CHECK(runs[2].mark == TimeMark{105, WallTime(3s), Stream::out});
  CHECK(runs[2].bytes == "c");
}

TEST_CASE("a slice that ends where a mark stands is without it") {
  const ChunkSlice slice{make_chunk(), 100, 103};
  CHECK(slice.marks() == std::vector<TimeMark>{{100, WallTime(1s), Stream::out}});
}
