#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/buffer/log_buffer.hpp"

namespace vela::follow {

// What is to be written to standard output and standard error, in order, and has not been taken
// yet: the buffer before a slow terminal.
//
// Limits: none of its own; while is_full() nothing more should be read from the network.
class Screen {
 public:
  // Log content, for standard output.
  void put(std::string_view bytes) { put(bytes, logs::Stream::out); }
  // What is not log content, for standard error.
  void talk(std::string_view text) { put(text, logs::Stream::err); }
  // Makes what was put visible to next(); called once for all that came together.
  void commit();

  [[nodiscard]] bool is_full() const { return buffer_.cost() >= kMaxBytes; }
  // So much was taken that reading may go on.
  [[nodiscard]] bool has_room() const { return buffer_.cost() <= kMaxBytes / 2; }
  [[nodiscard]] bool is_empty() const { return buffer_.is_empty(); }

  struct Piece {
    logs::Stream to = logs::Stream::out;
    std::string bytes;
  };
  // The next bytes that go to one place, at most kMaxWriteBytes; nothing when all are taken.
  [[nodiscard]] std::optional<Piece> next() const;
  // The bytes of the last next() were written.
  void free(const Piece& piece) { buffer_.free_until(buffer_.begin() + piece.bytes.size()); }

  static constexpr std::size_t kMaxBytes = 1024 * 1024;
  // What a pipe of ours takes in few writes, without a copy of the whole buffer.
  static constexpr std::size_t kMaxWriteBytes = 128 * 1024;

 private:
  void put(std::string_view bytes, logs::Stream to);

  buffer::LogBuffer buffer_;
  logs::Chunk gathered_;  // not committed yet; its offsets count from 0
};

}  // namespace vela::follow
