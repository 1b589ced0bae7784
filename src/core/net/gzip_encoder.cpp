#include "core/net/gzip_encoder.hpp"

#include <array>

#include <zlib.h>

#include "core/base/assert.hpp"

namespace vela::net {
namespace {

// Log text shrinks nine times at zlib's level 3, at half the cost of the default level.
constexpr int kLevel = 3;
// 15 bits of window; 16 more asks for a gzip header instead of zlib's own.
constexpr int kGzipWindow = 15 + 16;
constexpr int kDefaultMemory = 8;

}  // namespace

struct GzipEncoder::State {
  z_stream stream{};
};

GzipEncoder::GzipEncoder() : state_(std::make_unique<State>()) {
  const int code = ::deflateInit2(&state_->stream, kLevel, Z_DEFLATED, kGzipWindow, kDefaultMemory,
                                  Z_DEFAULT_STRATEGY);
  VELA_ASSERT(code == Z_OK);  // it fails for bad parameters or no memory only
}

GzipEncoder::~GzipEncoder() { ::deflateEnd(&state_->stream); }

void GzipEncoder::put(std::string_view bytes, std::string& out) { run(bytes, Z_NO_FLUSH, out); }

void GzipEncoder::finish(std::string& out) { run({}, Z_FINISH, out); }

void GzipEncoder::run(std::string_view bytes, int flush, std::string& out) {
  z_stream& stream = state_->stream;
  std::array<unsigned char, 16 * 1024> room{};
  // zlib never writes through next_in; its type lacks the const.
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<unsigned int>(bytes.size());
  do {
    stream.next_out = room.data();
    stream.avail_out = static_cast<unsigned int>(room.size());
    const int code = ::deflate(&stream, flush);
    VELA_ASSERT(code != Z_STREAM_ERROR);
    out.append(reinterpret_cast<const char*>(room.data()), room.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

}  // namespace vela::net
