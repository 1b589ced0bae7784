#include "core/store/chunk_codec.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace vela;
using namespace vela::store;

namespace {

logs::ChunkSlice slice_of(logs::Offset begin, const std::string& bytes) {
  const logs::Chunk chunk{begin, bytes, {{begin, base::from_unix_micros(5), logs::Stream::err}}};
  const auto shared = std::make_shared<const logs::Chunk>(chunk);
  return {shared, shared->begin, shared->end()};
}

// A packed body with a life of its own.
struct Stored {
  std::int64_t encoding;
  std::string data;
};

Stored pack(ChunkCodec& codec, const std::vector<logs::ChunkSlice>& slices,
            std::size_t compress_from) {
  const PackedBody body = codec.encode(slices, compress_from);
  return {static_cast<std::int64_t>(body.encoding), std::string(body.data)};
}

}  // namespace

TEST_CASE("what was packed is unpacked, compressed or not, in any order of sizes") {
  ChunkCodec codec;
  const std::string text(100'000, 'x');
  for (const std::size_t size : {1u, 100'000u, 70u, 20'000u}) {
    for (const std::size_t compress_from : {0u, 16'384u, 1'000'000u}) {
      CAPTURE(size);
      CAPTURE(compress_from);
      const Stored stored = pack(codec, {slice_of(7, text.substr(0, size))}, compress_from);
      const auto chunk = codec.decode(7, size, stored.encoding, stored.data);
      REQUIRE(chunk.has_value());
      CHECK((*chunk)->begin == 7);
      CHECK((*chunk)->bytes == text.substr(0, size));
      CHECK((*chunk)->marks.size() == 1);
      CHECK((*chunk)->marks.front().stream == logs::Stream::err);
    }
  }
}

TEST_CASE("only what becomes smaller is compressed") {
  ChunkCodec codec;
  const auto framed = static_cast<std::int64_t>(Encoding::framed);
  const auto compressed = static_cast<std::int64_t>(Encoding::framed_zstd);
  CHECK(pack(codec, {slice_of(0, "x")}, 0).encoding == framed);
  CHECK(pack(codec, {slice_of(0, std::string(16'000, 'x'))}, 16'384).encoding == framed);
  const Stored stored = pack(codec, {slice_of(0, std::string(17'000, 'x'))}, 16'384);
  CHECK(stored.encoding == compressed);
  CHECK(stored.data.size() < 200);
}

TEST_CASE("damaged bodies are corrupt and never handed out") {
  ChunkCodec codec;
  const Stored good = pack(codec, {slice_of(0, std::string(20'000, 'x'))}, 0);
  const auto is_corrupt = [&](logs::ByteCount length, std::int64_t encoding,
                              const std::string& data) {
    const auto chunk = codec.decode(0, length, encoding, data);
    return !chunk && chunk.error().code() == ErrorCode::corrupt;
  };
  CHECK_FALSE(is_corrupt(20'000, good.encoding, good.data));
  CHECK(is_corrupt(19'999, good.encoding, good.data));
  CHECK(is_corrupt(20'000, 0, good.data));
  CHECK(is_corrupt(20'000, 9, good.data));
  CHECK(is_corrupt(20'000, good.encoding, ""));
  CHECK(is_corrupt(20'000, good.encoding, good.data.substr(0, good.data.size() - 1)));
  for (std::size_t i = 0; i < good.data.size(); ++i) {
    std::string bad = good.data;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    CAPTURE(i);
    // The header of a zstd frame has a bit that nothing reads.
    const auto chunk = codec.decode(0, 20'000, good.encoding, bad);
    if (chunk) CHECK((*chunk)->bytes == std::string(20'000, 'x'));
  }
}

TEST_CASE("slices are cut into pieces that hold the same bytes and are full but for the last") {
  const std::vector<logs::ChunkSlice> slices{slice_of(0, "abcde"), slice_of(5, "f"),
                                             slice_of(6, "ghijklm")};
  const auto pieces = cut_into_pieces(slices, 4);
  REQUIRE(pieces.size() == 4);
  std::string whole;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::string piece;
    for (const logs::ChunkSlice& slice : pieces[i]) {
      CHECK(slice.begin == whole.size() + piece.size());
      piece += slice.bytes();
    }
    CHECK(piece.size() == (i < 3 ? 4 : 1));
    whole += piece;
  }
  CHECK(whole == "abcdefghijklm");
  CHECK(cut_into_pieces({}, 4).empty());
}
