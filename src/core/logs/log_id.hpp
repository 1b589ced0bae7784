#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.hpp"

namespace vela::logs {

// What a step's name may have; servers refuse more.
inline constexpr std::size_t kMaxStepNameBytes = 250;
// The name, cut to that between two characters of UTF-8.
[[nodiscard]] std::string cut_step_name(std::string name);

// True for the names of organisations and repositories: 1–250 bytes, no '/', no control characters
// (below 0x20 and 0x7f), not "." or "..".
[[nodiscard]] bool is_valid_name(std::string_view name);

// One build of one repository: "octocat/hello/42".
struct BuildId {
  std::string org;
  std::string repo;
  std::uint64_t number = 0;  // from 1, at most 2^63 - 1

  [[nodiscard]] static Result<BuildId> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const BuildId&, const BuildId&) = default;
};

enum class LogKind : std::uint8_t { step, service };

// "steps" or "services", as they stand in a path.
[[nodiscard]] std::string_view to_string(LogKind kind);
[[nodiscard]] std::optional<LogKind> parse_log_kind(std::string_view text);

// The log of one step or service of one build: "octocat/hello/42/steps/3".
struct LogId {
  BuildId build;
  LogKind kind = LogKind::step;
  std::uint16_t number = 0;  // from 1

  // Errors: invalid, with what is wrong and a valid example.
  [[nodiscard]] static Result<LogId> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  // How a log is named within its build: "s3" for step 3, "v2" for service 2.
  [[nodiscard]] std::string short_name() const;
  // (kind, number) of a short name; nothing when it is none.
  [[nodiscard]] static std::optional<LogId> parse_short_name(const BuildId& build,
                                                             std::string_view text);

  friend auto operator<=>(const LogId&, const LogId&) = default;
};

struct LogIdHash {
  [[nodiscard]] std::size_t operator()(const LogId& id) const;
};

// The path of a build on the wire, percent-encoded: "/api/v1/repos/octocat/hello/builds/42".
[[nodiscard]] std::string build_path(const BuildId& build);
// The path of a log on the wire: "/api/v1/repos/octocat/hello/builds/42/steps/3".
[[nodiscard]] std::string log_path(const LogId& log);

}  // namespace vela::logs
