#include "core/store/chunk_packer.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace vela;
using namespace vela::store;

namespace {

constexpr std::size_t kRowBytes = 100 * 1024;

// Rows of text that differ, so that one in the place of another shows.
std::vector<ChunkPacker::Row> make_rows(std::size_t count) {
  std::vector<ChunkPacker::Row> rows;
  for (std::size_t i = 0; i < count; ++i) {
    std::string bytes;
    while (bytes.size() < kRowBytes) bytes += "line of row " + std::to_string(i) + "\n";
    bytes.resize(kRowBytes);
    const logs::Offset begin = i * kRowBytes;
    const logs::Chunk chunk{begin, bytes, {{begin, base::from_unix_micros(5), logs::Stream::out}}};
    const auto shared = std::make_shared<const logs::Chunk>(chunk);
    rows.push_back({{shared, shared->begin, shared->end()}});
  }
  return rows;
}

void check_in_order(ChunkPacker& packer, const std::vector<ChunkPacker::Row>& rows,
                    std::size_t taken) {
  ChunkCodec codec;
  ChunkPacker::Run run(packer, rows, 1024);
  for (std::size_t i = 0; i < taken; ++i) {
    CAPTURE(i);
    const PackedBody body = run.next();
    const logs::Offset begin = i * kRowBytes;
    const auto chunk =
        codec.decode(begin, kRowBytes, static_cast<std::int64_t>(body.encoding), body.data);
    REQUIRE(chunk.has_value());
    CHECK((*chunk)->bytes == rows[i].front().chunk->bytes);
  }
}

}  // namespace

TEST_CASE("rows come in their order, however many threads pack them") {
  for (const std::size_t helpers : {0u, 1u, 3u}) {
    CAPTURE(helpers);
    ChunkPacker packer(helpers);
    for (const std::size_t count : {0u, 1u, 2u, 5u, 6u, 40u})
      check_in_order(packer, make_rows(count), count);
  }
}

TEST_CASE("a batch that fails half-way leaves nothing for the next") {
  ChunkPacker packer(2);
  for (const std::size_t taken : {0u, 1u, 7u, 20u}) check_in_order(packer, make_rows(20), taken);
  check_in_order(packer, make_rows(20), 20);
}
