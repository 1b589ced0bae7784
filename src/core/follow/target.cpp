#include "core/follow/target.hpp"

#include <array>
#include <utility>
#include <vector>

#include "core/base/encoding.hpp"
#include "core/base/number.hpp"
#include "core/logs/offset.hpp"

namespace vela::follow {
namespace {

// The parts of a build's page that say nothing about a log.
constexpr std::array<std::string_view, 2> kBuildTabs{"pipeline", "graph"};

Error bad_target(std::string_view text, std::string_view why) {
  std::string message = "'";
  message.append(text).append("': ").append(why);
  message.append("; write for example octocat/hello/42, octocat/hello/42/steps/3 ");
  message.append("or a link copied from Vela's page");
  return Error(ErrorCode::invalid, std::move(message));
}

// The front of `text` up to `mark`; `text` keeps what follows the mark, nothing when there is none.
std::string_view take_until(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const std::string_view front = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return front;
}

// "https://host/path" without its scheme and host; other text as it is.
std::string_view without_host(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    static_cast<void>(take_until(text, '/'));
    return text;
  }
  return text;
}

// The parts of a path, decoded. Errors: invalid, for a broken percent-escape.
Result<std::vector<std::string>> split_path(std::string_view path, bool is_link) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::string_view part = take_until(path, '/');
    if (!is_link) {
      parts.emplace_back(part);
      continue;
    }
    auto decoded = base::percent_decode(part);
    if (!decoded) return Error(ErrorCode::invalid, "a percent sign without two hex digits");
    parts.push_back(std::move(*decoded));
  }
  return parts;
}

// What the fragment of a link names: "step:3:12", "service:2", "3:12", "3".
// Nothing when it names no log; then the whole build is meant.
std::optional<std::string> find_log_in_fragment(std::string_view fragment, bool is_services_page) {
  std::string kind = is_services_page ? "services" : "steps";
  std::string_view first = take_until(fragment, ':');
  if (first == "step" || first == "service") {
    kind = first == "step" ? "steps" : "services";
    first = take_until(fragment, ':');
  }
  if (!base::parse_number(first)) return std::nullopt;
  return kind + "/" + std::string(first);
}

}  // namespace

Result<Target> Target::parse(std::string_view text) {
  const bool is_link = text.starts_with('/') || text.find("://") != std::string_view::npos ||
                       text.find('#') != std::string_view::npos;
  std::string_view fragment = text;
  std::string_view path = take_until(fragment, '#');
  path = without_host(path);
  if (is_link) {
    path = take_until(path, '?');
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
  }
  const auto split = split_path(path, is_link);
  if (!split) return bad_target(text, split.error().text());
  const std::vector<std::string>& parts = *split;
  if (parts.size() < 3 || parts.size() > 5)
    return bad_target(text, "it needs ORG/REPO/BUILD, and steps/N or services/N for one log");

  const std::string build_text = parts[0] + "/" + parts[1] + "/" + parts[2];
  auto build = logs::BuildId::parse(build_text);
  if (!build) return build.error();
  std::string log_text;
  if (parts.size() == 5) log_text = parts[3] + "/" + parts[4];
  if (parts.size() == 4) {
    const bool is_tab = parts[3] == kBuildTabs[0] || parts[3] == kBuildTabs[1];
    if (!is_link || (parts[3] != "services" && !is_tab))
      return bad_target(text, "'" + parts[3] + "' needs the number of a step or service behind it");
  }
  if (log_text.empty() && is_link) {
    const bool is_services_page = parts.size() == 4 && parts[3] == "services";
    log_text = find_log_in_fragment(fragment, is_services_page).value_or("");
  }
  Target target{std::move(*build), std::nullopt};
  if (log_text.empty()) return target;
  auto log = logs::LogId::parse(build_text + "/" + log_text);
  if (!log) return log.error();
  target.log = std::move(*log);
  return target;
}

std::string Target::to_string() const { return log ? log->to_string() : build.to_string(); }

std::string Target::events_path() const {
  return (log ? logs::log_path(*log) : logs::build_path(build)) + "/events";
}

}  // namespace vela::follow
