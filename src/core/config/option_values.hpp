#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/quantity.hpp"
#include "core/config/option_table.hpp"

// The setters of the option table: one for each type of value.
namespace vela::config {

using Fault = std::optional<std::string>;
using Values = std::vector<std::string>;

[[nodiscard]] std::optional<bool> parse_flag(std::string_view text);
// The index of `text` among the row's choices.
[[nodiscard]] std::optional<std::size_t> find_choice(const OptionRow& row, std::string_view text);
[[nodiscard]] std::string choice_fault(const OptionRow& row, std::string_view text);
[[nodiscard]] Result<std::chrono::microseconds> parse_duration_of(const OptionRow& row,
                                                                  std::string_view text);

// Errors: invalid, also for a size below `least` or above `most`.
[[nodiscard]] Result<std::uint64_t> parse_size_of(const OptionRow& row, std::string_view text,
                                                  std::uint64_t least, std::uint64_t most);

// Says that an empty text is none.
[[nodiscard]] Fault find_empty(std::string_view text);

// `part` is where a command's options lie in AllOptions, `member` the option within them. `Check`
// says what is wrong with a text, or nothing.
template <auto part, auto member, Fault (*check)(std::string_view)>
Fault set_text(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  if (Fault fault = check(values.back())) return fault;
  (options.*part).*member = values.back();
  return {};
}

template <auto part, auto member, Fault (*check)(std::string_view)>
Fault set_list(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  for (const std::string& value : values)
    if (Fault fault = check(value)) return fault;
  (options.*part).*member = values;
  return {};
}

template <auto part, auto member, bool negates = false>
Fault set_flag(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  const auto value = parse_flag(values.back());
  if (!value) return "'" + values.back() + "' is neither true nor false";
  (options.*part).*member = *value != negates;
  return {};
}

template <auto part, auto member>
Fault set_duration(AllOptions& options, const OptionRow& row, const Values& values) {
  const auto value = parse_duration_of(row, values.back());
  if (!value) return value.error().text();
  (options.*part).*member = *value;
  return {};
}

template <auto part, auto member, std::uint64_t least, std::uint64_t most>
Fault set_size(AllOptions& options, const OptionRow& row, const Values& values) {
  const auto value = parse_size_of(row, values.back(), least, most);
  if (!value) return value.error().text();
  (options.*part).*member = *value;
  return {};
}

// The choices stand in the order of the enumerators.
template <auto part, auto member>
Fault set_choice(AllOptions& options, const OptionRow& row, const Values& values) {
  const auto index = find_choice(row, values.back());
  if (!index) return choice_fault(row, values.back());
  auto& choice = (options.*part).*member;
  if constexpr (std::is_same_v<decltype(choice), std::string&>) {
    choice = values.back();
  } else {
    choice = static_cast<std::remove_reference_t<decltype(choice)>>(*index);
  }
  return {};
}

// A number of lines, or "all".
Fault set_last_lines(AllOptions& options, const OptionRow& row, const Values& values);
// A server's URL, without the slashes at its end.
Fault set_server(std::string& server, const Values& values);

template <auto part, auto member>
Fault set_server_of(AllOptions& options, const OptionRow& /*row*/, const Values& values) {
  return set_server((options.*part).*member, values);
}

}  // namespace vela::config
