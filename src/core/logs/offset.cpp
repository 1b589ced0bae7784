#include "core/logs/offset.hpp"

#include "core/base/number.hpp"

namespace vela::logs {

Result<void> read_number(const base::Query& query, std::string_view name, std::string_view expected,
                         std::optional<std::uint64_t>& value) {
  const auto text = query.find(name);
  if (!text) return {};
  const auto number = base::parse_number(*text);
  if (!number) return base::bad_value("parameter " + std::string(name), expected);
  value = number;
  return {};
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto generation = base::parse_number(text.substr(0, dash));
  const auto offset = base::parse_number(text.substr(dash + 1));
  if (!generation || !offset) return std::nullopt;
  return Cursor{*generation, *offset};
}

std::string Cursor::to_string() const {
  return std::to_string(generation) + "-" + std::to_string(offset);
}

}  // namespace vela::logs
