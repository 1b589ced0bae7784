#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/logs/offset.hpp"

namespace vela::logs {

// The state that an acknowledgement tells a writer.
enum class AckState : std::uint8_t { running, sealed, incomplete, canceled };

// The JSON object that answers every write and is the only proof that bytes arrived.
struct Acknowledgement {
  std::string log;  // LogId::to_string()
  std::uint64_t generation = 1;
  Offset offset = 0;   // the server has received [0, offset)
  Offset durable = 0;  // [0, durable) survives a power cut; a writer may forget only these
  std::chrono::milliseconds interval{0};
  AckState state = AckState::running;
  // First to last body byte as the server saw them; only in the answer to a stream.
  std::optional<std::chrono::milliseconds> received_over;

  [[nodiscard]] std::string to_json() const;
  // Nothing when `json` is not an acknowledgement: any other 2xx body proves nothing.
  // Limits: times above a minute count as one.
  [[nodiscard]] static std::optional<Acknowledgement> parse(std::string_view json);
};

}  // namespace vela::logs
