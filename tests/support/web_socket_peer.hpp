#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/unique_fd.hpp"
#include "support/server.hpp"

namespace vela::test {

// A writer's WebSocket by hand, blocking, frame by frame, for what no good client does.
class WebSocketPeer {
 public:
  static constexpr int kText = 1;
  static constexpr int kBinary = 2;
  static constexpr int kClose = 8;
  static constexpr int kPing = 9;

  struct Frame {
    int opcode = -1;  // -1: the connection ended
    std::string payload;

    // Of a close frame; 0 when it names none.
    [[nodiscard]] int close_code() const;
  };

  // Asks for a WebSocket at `path`, which is below the path of build octocat/hello/42, as `writer`.
  // Throws when it is not let in.
  WebSocketPeer(int port, const std::string& path, const std::string& writer);

  // One frame; `is_masked` as a client has to.
  void send(int opcode, std::string_view payload, bool is_masked = true, bool is_last = true) const;
  // Output from `offset` on, as one frame of stdout.
  void send_output(std::uint64_t offset, std::string_view bytes) const;
  // The next frame; pings are answered and left out.
  [[nodiscard]] Frame next();
  // The next frames until one holds `text`. Throws when there is none.
  [[nodiscard]] Frame next_with(std::string_view text);
  // The next frames until the close frame, which is answered.
  [[nodiscard]] Frame next_close();

  // The header of a request for one, with its empty line.
  [[nodiscard]] static std::string request(const std::string& path, const std::string& writer);

 private:
  [[nodiscard]] bool fill(std::size_t bytes);

  base::UniqueFd socket_;
  std::string received_;
};

}  // namespace vela::test
