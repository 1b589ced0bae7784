#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/logs/chunk.hpp"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace vela::store {

// How a stored body is packed. The values stand in the database.
enum class Encoding : std::uint8_t {
  framed = 0,       // logs::encode_body
  framed_zstd = 1,  // the same in one zstd frame with its checksum
};

// A body as it is stored. The view lives until the codec's next encode().
struct PackedBody {
  Encoding encoding = Encoding::framed;
  std::string_view data;
};

// Packs slices for the store and unpacks what is stored. Keeps its buffers and contexts, because
// making them anew costs more than a small body.
//
// Executor: one thread at a time.
class ChunkCodec {
 public:
  ChunkCodec();
  ~ChunkCodec();

  // Bodies of at least `compress_from` bytes are compressed if that makes them smaller.
  [[nodiscard]] PackedBody encode(const std::vector<logs::ChunkSlice>& slices,
                                  std::size_t compress_from);

  // The chunk of `length` bytes at `begin` that was packed as `data`.
  // Errors: corrupt, when it is none.
  [[nodiscard]] Result<logs::ChunkPtr> decode(logs::Offset begin, logs::ByteCount length,
                                              std::int64_t encoding, std::string_view data);

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
    void operator()(ZSTD_DCtx_s* context) const;
  };

  [[nodiscard]] Result<std::string_view> unpack(std::string_view data);

  std::unique_ptr<ZSTD_CCtx_s, FreeContext> compressor_;    // made when first needed
  std::unique_ptr<ZSTD_DCtx_s, FreeContext> decompressor_;  // made when first needed
  std::string body_;
  std::string packed_;
};

// The slices in runs of at most `max_bytes` each; slices are cut where that is needed.
[[nodiscard]] std::vector<std::vector<logs::ChunkSlice>> cut_into_pieces(
    const std::vector<logs::ChunkSlice>& slices, std::size_t max_bytes);

}  // namespace vela::store
