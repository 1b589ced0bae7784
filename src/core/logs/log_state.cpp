#include "core/logs/log_state.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "core/base/encoding.hpp"

namespace vela::logs {
namespace {

constexpr std::array<std::pair<LogState, std::string_view>, 5> kStates{{
    {LogState::pending, "pending"},
    {LogState::running, "running"},
    {LogState::lost, "lost"},
    {LogState::sealed, "sealed"},
    {LogState::incomplete, "incomplete"},
}};

constexpr std::array<std::pair<StepStatus, std::string_view>, 7> kStatuses{{
    {StepStatus::pending, "pending"},
    {StepStatus::running, "running"},
    {StepStatus::success, "success"},
    {StepStatus::failure, "failure"},
    {StepStatus::error, "error"},
    {StepStatus::killed, "killed"},
    {StepStatus::canceled, "canceled"},
}};

constexpr std::size_t kSha256HexDigits = 64;
constexpr std::size_t kMaxReasonBytes = 1000;

template <class Names, class Value>
std::string_view name_of(const Names& names, Value value) {
  return names[static_cast<std::size_t>(value)].second;
}

template <class Value, std::size_t count>
std::optional<Value> find_value(const std::array<std::pair<Value, std::string_view>, count>& names,
                                std::string_view text) {
  for (const auto& [value, name] : names)
    if (name == text) return value;
  return std::nullopt;
}

Error bad_parameter(std::string_view name, std::string_view expected) {
  return base::bad_value("parameter " + std::string(name), expected);
}

Result<void> read_exit_code(const base::Query& query, std::optional<int>& exit_code) {
  const auto text = query.find("exit_code");
  if (!text) return {};
  int value = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (ec != std::errc{} || end != text->data() + text->size())
    return bad_parameter("exit_code", "a whole number");
  exit_code = value;
  return {};
}

}  // namespace

std::string_view to_string(LogState state) { return name_of(kStates, state); }

std::optional<LogState> parse_log_state(std::string_view text) { return find_value(kStates, text); }

std::string_view to_string(StepStatus status) { return name_of(kStatuses, status); }

std::optional<StepStatus> parse_step_status(std::string_view text) {
  return find_value(kStatuses, text);
}

bool is_final(StepStatus status) {
  return status != StepStatus::pending && status != StepStatus::running;
}

Verdict judge(const Seal& seal, std::string_view sha256) {
  Verdict verdict;
  verdict.verified = !seal.sha256.empty() && seal.sha256 == sha256;
  if (!seal.sha256.empty() && !verdict.verified) {
    verdict.reason = "digest mismatch";
  } else if (!seal.reason.empty()) {
    verdict.reason = seal.reason;
  } else if (seal.lost != 0) {
    verdict.reason = "the server lost " + std::to_string(seal.lost) + " bytes";
  } else if (seal.dropped != 0) {
    verdict.reason = std::to_string(seal.dropped) + " bytes were dropped by the writer";
  } else if (seal.from != 0) {
    verdict.reason = "another writer began this log";
  } else if (seal.sha256.empty()) {
    verdict.reason = "the writer claimed no digest";
  }
  verdict.complete = verdict.reason.empty();
  return verdict;
}

void add_to_query(base::Query& query, const Seal& seal) {
  query.add("final", "1");
  query.add("length", std::to_string(seal.length));
  query.add("from", std::to_string(seal.from));
  if (!seal.sha256.empty()) query.add("sha256", seal.sha256);
  query.add("status", std::string(to_string(seal.status)));
  if (seal.exit_code) query.add("exit_code", std::to_string(*seal.exit_code));
  if (seal.dropped != 0) query.add("dropped", std::to_string(seal.dropped));
  if (seal.lost != 0) query.add("lost", std::to_string(seal.lost));
  if (!seal.reason.empty()) query.add("reason", seal.reason.substr(0, kMaxReasonBytes));
}

Result<Seal> parse_seal(const base::Query& query) {
  Seal seal;
  if (!query.find("length")) return bad_parameter("length", "the log's length in bytes");
  const std::array<std::pair<std::string_view, std::uint64_t*>, 4> numbers{{
      {"length", &seal.length},
      {"from", &seal.from},
      {"dropped", &seal.dropped},
      {"lost", &seal.lost},
  }};
  for (const auto& [name, value] : numbers) {
    std::optional<std::uint64_t> number;
    if (auto read = read_number(query, name, "a number of bytes", number); !read)
      return read.error();
    *value = number.value_or(0);
  }
  if (seal.from > seal.length) return bad_parameter("from", "at most the length");
  if (const auto digest = query.find("sha256")) {
    const auto bytes = base::from_hex(*digest);
    if (digest->size() != kSha256HexDigits || !bytes)
      return bad_parameter("sha256", "64 hex digits");
    seal.sha256 = base::to_hex(*bytes);
  }
  const auto status = query.find("status");
  const auto parsed = status ? parse_step_status(*status) : StepStatus::success;
  if (!parsed || !is_final(*parsed))
    return bad_parameter("status", "success, failure, error, killed or canceled");
  seal.status = *parsed;
  if (auto read = read_exit_code(query, seal.exit_code); !read) return read.error();
  if (const auto reason = query.find("reason")) {
    if (reason->size() > kMaxReasonBytes) return bad_parameter("reason", "at most 1000 bytes");
    seal.reason = *reason;
  }
  return seal;
}

}  // namespace vela::logs
