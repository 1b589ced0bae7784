#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/logs/log_id.hpp"

namespace vela::follow {

// What a person wants to follow: one log, or all logs of a build.
struct Target {
  logs::BuildId build;
  std::optional<logs::LogId> log;  // nothing: the whole build

  // Takes "ORG/REPO/BUILD", "ORG/REPO/BUILD/steps/N", "…/services/N", and links of Vela's page with
  // or without their host: "https://vela.example/org/repo/42#step:3:12", "/org/repo/42#3:12",
  // "/org/repo/42/services#2". The lines that a link marks are not looked at.
  // Errors: invalid, with what is wrong and a valid example.
  [[nodiscard]] static Result<Target> parse(std::string_view text);

  // "octocat/hello/42" or "octocat/hello/42/steps/3".
  [[nodiscard]] std::string to_string() const;
  // The path of its events on the wire.
  [[nodiscard]] std::string events_path() const;

  friend bool operator==(const Target&, const Target&) = default;
};

}  // namespace vela::follow
