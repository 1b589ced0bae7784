#include "core/config/toml_text.hpp"

#include <sstream>

#include <toml++/toml.h>

namespace vela::config {
namespace {

std::string quote(const std::string& text) {
  std::ostringstream written;
  const toml::value<std::string> value(text);
  written << toml::toml_formatter(
      value, toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings);
  return written.str();
}

}  // namespace

std::string toml_value(const OptionRow& row, std::span<const std::string> values) {
  if (row.kind == ValueKind::flag) return values.back();
  if (row.kind != ValueKind::many) return quote(values.back());
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quote(value);
  return "[" + list + "]";
}

KeyParts split_key(std::string_view key) {
  const auto dot = key.rfind('.');
  if (dot == std::string_view::npos) return {"", key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

}  // namespace vela::config
