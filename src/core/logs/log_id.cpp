#include "core/logs/log_id.hpp"

#include <array>
#include <limits>
#include <vector>

#include "core/base/encoding.hpp"
#include "core/base/number.hpp"
#include "core/base/split.hpp"

namespace vela::logs {
namespace {

constexpr std::size_t kMaxNameBytes = 250;
constexpr std::string_view kExample = "octocat/hello/42/steps/3";

Error bad_id(std::string_view kind, std::string_view text, std::string_view why,
             std::string_view example) {
  std::string message = "'";
  message.append(text).append("' names no ").append(kind).append(": ").append(why);
  message.append("; write for example ").append(example);
  return Error(ErrorCode::invalid, std::move(message));
}

// What is wrong with the first three parts, or nothing.
std::optional<std::string_view> find_build_fault(const std::vector<std::string_view>& parts) {
  if (!is_valid_name(parts[0])) return "the organisation is not a valid name";
  if (!is_valid_name(parts[1])) return "the repository is not a valid name";
  const auto number = base::parse_number(parts[2]);
  if (!number || *number == 0) return "the build is not a number from 1 to 9223372036854775807";
  return std::nullopt;
}

BuildId make_build(const std::vector<std::string_view>& parts) {
  return BuildId{std::string(parts[0]), std::string(parts[1]), *base::parse_number(parts[2])};
}

std::optional<std::uint16_t> parse_log_number(std::string_view text) {
  const auto number = base::parse_number(text, std::numeric_limits<std::uint16_t>::max());
  if (!number || *number == 0) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

}  // namespace

std::string cut_step_name(std::string name) {
  if (name.size() <= kMaxStepNameBytes) return name;
  std::size_t end = kMaxStepNameBytes;
  // A byte 10xxxxxx goes on with the character before it.
  while (end != 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  name.resize(end);
  return name;
}

bool is_valid_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name == "." || name == "..") return false;
  for (const char c : name) {
    const auto value = static_cast<unsigned char>(c);
    if (value < 0x20 || value == 0x7f || c == '/') return false;
  }
  return true;
}

Result<BuildId> BuildId::parse(std::string_view text) {
  const auto parts = base::split(text, '/');
  if (parts.size() != 3)
    return bad_id("build", text, "it needs ORG/REPO/BUILD", "octocat/hello/42");
  if (const auto fault = find_build_fault(parts))
    return bad_id("build", text, *fault, "octocat/hello/42");
  return make_build(parts);
}

std::string BuildId::to_string() const { return org + "/" + repo + "/" + std::to_string(number); }

std::string_view to_string(LogKind kind) { return kind == LogKind::step ? "steps" : "services"; }

std::optional<LogKind> parse_log_kind(std::string_view text) {
  if (text == "steps") return LogKind::step;
  if (text == "services") return LogKind::service;
  return std::nullopt;
}

Result<LogId> LogId::parse(std::string_view text) {
  const auto parts = base::split(text, '/');
  if (parts.size() != 5) return bad_id("log", text, "it needs ORG/REPO/BUILD/steps/N", kExample);
  if (const auto fault = find_build_fault(parts)) return bad_id("log", text, *fault, kExample);
  const auto kind = parse_log_kind(parts[3]);
  if (!kind) return bad_id("log", text, "the fourth part is neither steps nor services", kExample);
  const auto number = parse_log_number(parts[4]);
  if (!number)
    return bad_id("log", text, "the last part is not a number from 1 to 65535", kExample);
  return LogId{make_build(parts), *kind, *number};
}

std::string LogId::to_string() const {
  return build.to_string() + "/" + std::string(logs::to_string(kind)) + "/" +
         std::to_string(number);
}

std::string LogId::short_name() const {
  return (kind == LogKind::step ? "s" : "v") + std::to_string(number);
}

std::optional<LogId> LogId::parse_short_name(const BuildId& build, std::string_view text) {
  if (text.size() < 2 || (text[0] != 's' && text[0] != 'v')) return std::nullopt;
  const auto number = parse_log_number(text.substr(1));
  if (!number) return std::nullopt;
  return LogId{build, text[0] == 's' ? LogKind::step : LogKind::service, *number};
}

std::size_t LogIdHash::operator()(const LogId& id) const {
  const std::hash<std::string> text;
  std::size_t hash = text(id.build.org);
  const auto mix = [&hash](std::size_t value) {
    hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  };
  mix(text(id.build.repo));
  mix(id.build.number);
  mix(id.number * 2U + (id.kind == LogKind::step ? 0U : 1U));
  return hash;
}

std::string build_path(const BuildId& build) {
  return "/api/v1/repos/" + base::percent_encode(build.org) + "/" +
         base::percent_encode(build.repo) + "/builds/" + std::to_string(build.number);
}

std::string log_path(const LogId& log) {
  return build_path(log.build) + "/" + std::string(to_string(log.kind)) + "/" +
         std::to_string(log.number);
}

}  // namespace vela::logs
