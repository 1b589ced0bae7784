#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/base/error.hpp"
#include "core/logs/log_state.hpp"
#include "core/logs/offset.hpp"

// What a writer's WebSocket carries, docs/protocol.md; the answers are acknowledgements.
namespace vela::logs {

inline constexpr std::string_view kSocketProtocol = "vela-logs.v1";

// Binary: where the output begins (LEB128), then a framed body that stands alone.
struct OutputMessage {
  Offset offset = 0;
  std::string_view body;  // of the message
};
// Appends what stands before the body.
void put_output_head(std::string& message, Offset offset);
// Errors: invalid. The body is FrameDecoder's to read.
[[nodiscard]] Result<OutputMessage> parse_output(std::string_view message);

// Text, {"durable":N}: the writer waits until the bytes below N are durable.
struct DurableWish {
  Offset until = 0;

  friend bool operator==(const DurableWish&, const DurableWish&) = default;
};
// Text with "length" and the other parameters of a seal as its members: the log ends.
using ControlMessage = std::variant<Seal, DurableWish>;

[[nodiscard]] std::string to_text(const Seal& seal);
[[nodiscard]] std::string to_text(const DurableWish& wish);
// Errors: invalid, naming the member.
[[nodiscard]] Result<ControlMessage> parse_control(std::string_view text);

}  // namespace vela::logs
