#include "core/config/option_words.hpp"

#include <algorithm>

#include "core/base/split.hpp"

namespace vela::config {
namespace {

// What is to be typed as it stands is in small letters; the name of a value is in capitals.
bool is_literal(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::vector<std::string_view> variables_of(const OptionRow& row) {
  if (row.environment.empty()) return {};
  return base::split(row.environment, ' ');
}

std::vector<std::string_view> choices_of(const OptionRow& row) {
  std::vector<std::string_view> choices = base::split(row.value, '|');
  std::erase_if(choices, [](std::string_view word) { return !is_literal(word); });
  return choices;
}

std::string list_words(const std::vector<std::string_view>& words) {
  std::string list;
  for (const std::string_view word : words) (list += list.empty() ? "" : ", ") += word;
  return list;
}

}  // namespace vela::config
