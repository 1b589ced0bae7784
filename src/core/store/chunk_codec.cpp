#include "core/store/chunk_codec.hpp"

#include <algorithm>
#include <utility>

#include <zstd.h>

#include "core/base/assert.hpp"
#include "core/logs/wire_frames.hpp"

namespace vela::store {
namespace {

// Level 1 compresses faster than a disk takes the bytes; higher levels win little on build output.
constexpr int kLevel = 1;
// A row or frame holds at most 256 KiB of log; the worst framing, a mark for each byte, makes that
// about 4 MiB. What claims more was not written by us.
constexpr std::size_t kMaxBodyBytes = 16 * 1024 * 1024;

Error bad_body(logs::Offset begin, std::string_view why) {
  return Error(ErrorCode::corrupt, "the stored bytes at offset " + std::to_string(begin) +
                                       " are damaged: " + std::string(why));
}

}  // namespace

void ChunkCodec::FreeContext::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void ChunkCodec::FreeContext::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

ChunkCodec::ChunkCodec() = default;
ChunkCodec::~ChunkCodec() = default;

PackedBody ChunkCodec::encode(const std::vector<logs::ChunkSlice>& slices,
                              std::size_t compress_from) {
  body_ = logs::encode_body(slices);
  if (body_.size() < compress_from) return {Encoding::framed, body_};
  if (compressor_ == nullptr) {
    compressor_.reset(ZSTD_createCCtx());
    VELA_ASSERT(compressor_ != nullptr);
    ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(compressor_.get(), ZSTD_c_checksumFlag, 1);
  }
  packed_.resize(std::max(packed_.size(), ZSTD_compressBound(body_.size())));
  const std::size_t size =
      ZSTD_compress2(compressor_.get(), packed_.data(), packed_.size(), body_.data(), body_.size());
  // It fails only for want of memory; stored plainly the bytes are as safe.
  if (ZSTD_isError(size) != 0 || size >= body_.size()) return {Encoding::framed, body_};
  return {Encoding::framed_zstd, std::string_view(packed_).substr(0, size)};
}

Result<std::string_view> ChunkCodec::unpack(std::string_view data) {
  const unsigned long long size = ZSTD_getFrameContentSize(data.data(), data.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMaxBodyBytes)
    return Error(ErrorCode::corrupt, "no zstd frame of ours");
  if (decompressor_ == nullptr) decompressor_.reset(ZSTD_createDCtx());
  VELA_ASSERT(decompressor_ != nullptr);
  body_.resize(std::max<std::size_t>(body_.size(), size));
  const std::size_t got = ZSTD_decompressDCtx(decompressor_.get(), body_.data(), body_.size(),
                                              data.data(), data.size());
  if (ZSTD_isError(got) != 0) return Error(ErrorCode::corrupt, ZSTD_getErrorName(got));
  return std::string_view(body_).substr(0, got);
}

Result<logs::ChunkPtr> ChunkCodec::decode(logs::Offset begin, logs::ByteCount length,
                                          std::int64_t encoding, std::string_view data) {
  std::string_view body = data;
  if (encoding == static_cast<std::int64_t>(Encoding::framed_zstd)) {
    const auto unpacked = unpack(data);
    if (!unpacked) return bad_body(begin, unpacked.error().text());
    body = *unpacked;
  } else if (encoding != static_cast<std::int64_t>(Encoding::framed)) {
    return bad_body(begin, "unknown encoding");
  }
  auto chunk = logs::decode_chunk(begin, body);
  if (!chunk) return bad_body(begin, chunk.error().text());
  if (chunk->bytes.size() != length) return bad_body(begin, "the length is another one");
  return logs::ChunkPtr(std::make_shared<const logs::Chunk>(std::move(*chunk)));
}

std::vector<std::vector<logs::ChunkSlice>> cut_into_pieces(
    const std::vector<logs::ChunkSlice>& slices, std::size_t max_bytes) {
  std::vector<std::vector<logs::ChunkSlice>> pieces;
  std::size_t room = 0;
  for (const logs::ChunkSlice& slice : slices) {
    logs::Offset at = slice.begin;
    while (at < slice.end) {
      if (room == 0) {
        pieces.emplace_back();
        room = max_bytes;
      }
      const logs::Offset end = at + std::min<logs::ByteCount>(room, slice.end - at);
      pieces.back().push_back({slice.chunk, at, end});
      room -= end - at;
      at = end;
    }
  }
  return pieces;
}

}  // namespace vela::store
