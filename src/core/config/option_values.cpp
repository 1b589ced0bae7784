#include "core/config/option_values.hpp"

#include <array>
#include <cstdint>

#include "core/base/number.hpp"
#include "core/config/address.hpp"
#include "core/config/option_words.hpp"
#include "core/config/spelling.hpp"

namespace vela::config {
namespace {

constexpr std::array<std::string_view, 4> kTrue{"true", "1", "yes", "on"};
constexpr std::array<std::string_view, 4> kFalse{"false", "0", "no", "off"};

template <class Words>
bool contains(const Words& words, std::string_view text) {
  for (const std::string_view word : words)
    if (word == text) return true;
  return false;
}

}  // namespace

std::optional<bool> parse_flag(std::string_view text) {
  if (contains(kTrue, text)) return true;
  if (contains(kFalse, text)) return false;
  return std::nullopt;
}

std::optional<std::size_t> find_choice(const OptionRow& row, std::string_view text) {
  const std::vector<std::string_view> split = choices_of(row);
  for (std::size_t i = 0; i < split.size(); ++i)
    if (split[i] == text) return i;
  return std::nullopt;
}

std::string choice_fault(const OptionRow& row, std::string_view text) {
  const std::vector<std::string_view> split = choices_of(row);
  std::string fault = "'" + std::string(text) + "' is none of " + list_words(split);
  if (const auto similar = find_similar(text, split))
    fault += "; did you mean " + std::string(*similar) + "?";
  return fault;
}

Result<std::chrono::microseconds> parse_duration_of(const OptionRow& row, std::string_view text) {
  auto value = base::parse_duration(text);
  if (!value || (*value >= row.least && *value <= row.most)) return value;
  return Error(ErrorCode::invalid, "'" + std::string(text) + "' lies outside " +
                                       base::format_duration(row.least) + " to " +
                                       base::format_duration(row.most) + "; write for example " +
                                       std::string(row.example));
}

Result<std::uint64_t> parse_size_of(const OptionRow& row, std::string_view text,
                                    std::uint64_t least, std::uint64_t most) {
  auto value = base::parse_size(text);
  if (!value || (*value >= least && *value <= most)) return value;
  const bool is_small = *value < least;
  return Error(ErrorCode::invalid, "'" + std::string(text) + "' is " +
                                       (is_small ? "less than " : "more than ") +
                                       base::format_size(is_small ? least : most) +
                                       "; write for example " + std::string(row.example));
}

Fault find_empty(std::string_view text) {
  return text.empty() ? Fault("the value is empty") : Fault();
}

Fault set_last_lines(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  const std::string& text = values.back();
  options.tail.last_lines.reset();
  if (text == "all") return {};
  const auto lines = base::parse_number(text);
  if (!lines) return "'" + text + "' is not a number of lines; write for example 10 or all";
  options.tail.last_lines = lines;
  return {};
}

Fault set_server(std::string& server, const Values& values) {
  if (Fault fault = find_server_fault(values.back())) return fault;
  server = values.back();
  while (server.ends_with('/')) server.pop_back();
  return {};
}

}  // namespace vela::config
