#include "core/config/option_words.hpp"

#include <algorithm>

namespace vela::config {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end != 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// What is to be typed as it stands is in small letters; the name of a value is in capitals.
bool is_literal(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::vector<std::string_view> variables_of(const OptionRow& row) {
  return split(row.environment, ' ');
}

std::vector<std::string_view> choices_of(const OptionRow& row) {
  std::vector<std::string_view> choices = split(row.value, '|');
  std::erase_if(choices, [](std::string_view word) { return !is_literal(word); });
  return choices;
}

std::string list_words(const std::vector<std::string_view>& words) {
  std::string list;
  for (const std::string_view word : words) (list += list.empty() ? "" : ", ") += word;
  return list;
}

}  // namespace vela::config
