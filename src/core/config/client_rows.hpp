#pragma once

#include "core/config/option_table.hpp"
#include "core/config/option_values.hpp"

// The rows that run-step and tail share: what either needs to reach a server.
namespace vela::config {

// A step that needs a week to end is not waited for.
inline constexpr std::chrono::microseconds kLongestWait = std::chrono::hours(7 * 24);

// What both ends of the wire need to reach a server.
[[nodiscard]] constexpr OptionRow server_row(std::string_view help, Setter set) {
  return {.kind = ValueKind::one,
          .flag = "--server",
          .value = "URL",
          .environment = "VELA_LOGS_SERVER VELA_ADDR VELA_SERVER_ADDR",
          .example = "http://127.0.0.1:8080",
          .brief = "http://…, https://… or unix:PATH",
          .help = help,
          .set = set};
}

[[nodiscard]] constexpr OptionRow token_file_row(Setter set) {
  return {.kind = ValueKind::one,
          .flag = "--token-file",
          .value = "FILE",
          .environment = "VELA_LOGS_TOKEN_FILE",
          .example = "/run/secrets/vela-logs-token",
          .brief = "Show the server the token in this file",
          .help =
              "Show the server the token in this file; $VELA_LOGS_TOKEN may hold the token "
              "itself",
          .set = set};
}

// A token itself is never a flag: it would show in the list of processes.
[[nodiscard]] constexpr OptionRow token_row(Setter set) {
  return {.kind = ValueKind::one, .environment = "VELA_LOGS_TOKEN", .set = set, .is_secret = true};
}

}  // namespace vela::config
