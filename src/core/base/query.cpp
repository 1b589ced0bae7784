#include "core/base/query.hpp"

#include <boost/url/parse_query.hpp>

#include "core/base/encoding.hpp"

namespace vela::base {

Error bad_value(std::string_view what, std::string_view expected) {
  std::string text("bad ");
  text.append(what).append(": expected ").append(expected);
  return Error(ErrorCode::invalid, std::move(text));
}

Result<Query> Query::parse(std::string_view text) {
  const auto parsed = boost::urls::parse_query(text);
  if (!parsed) return Error(ErrorCode::invalid, "the query of the request is malformed");
  Query query;
  for (const auto& parameter : *parsed) {
    auto name = percent_decode(std::string_view(parameter.key));
    auto value = percent_decode(std::string_view(parameter.value));
    if (!name || !value) return Error(ErrorCode::invalid, "the query of the request is malformed");
    query.add(std::move(*name), std::move(*value));
  }
  return query;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name) return value;
  return std::nullopt;
}

void Query::add(std::string name, std::string value) {
  parameters_.emplace_back(std::move(name), std::move(value));
}

std::string Query::to_string() const {
  std::string text;
  for (const auto& [name, value] : parameters_) {
    if (!text.empty()) text.push_back('&');
    text += percent_encode(name);
    text.push_back('=');
    text += percent_encode(value);
  }
  return text;
}

}  // namespace vela::base
