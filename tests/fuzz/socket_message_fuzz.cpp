// The messages of a writer's WebSocket: the head of a binary one, and a text.
#include <string>
#include <variant>

#include "core/logs/socket_message.hpp"

#include "fuzz/fuzz_target.hpp"

namespace vela::fuzz {
namespace {

void check_output(std::string_view message) {
  const auto output = logs::parse_output(message);
  if (!output) return;
  VELA_ASSERT(message.ends_with(output->body));
  std::string written;
  logs::put_output_head(written, output->offset);
  written += output->body;
  const auto back = logs::parse_output(written);
  VELA_ASSERT(back.has_value() && back->offset == output->offset && back->body == output->body);
}

void check_control(std::string_view text) {
  const auto message = logs::parse_control(text);
  if (!message) return;
  const std::string written =
      std::visit([](const auto& control) { return logs::to_text(control); }, *message);
  const auto back = logs::parse_control(written);
  VELA_ASSERT(back.has_value() && *back == *message);
}

}  // namespace

void check(std::string_view input) {
  check_output(input);
  check_control(input);
}

}  // namespace vela::fuzz
